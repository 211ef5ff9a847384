// The main job in the real window: built assets, real key and pointer events, and after each step the command line is
// asked about the same file.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { Stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const PROMPT = "support-triage";
const CASE = "refund-day-20";

let stage;
let window;

before(async () => {
  stage = await Stage.set();
  window = stage.window;
});

after(() => stage?.strike());

async function errors() {
  const { json } = await stage.cli("check");
  return json.findings.filter((finding) => finding.level === "error").map((finding) => [finding.code, finding.model]);
}

async function track(model) {
  const { json } = await stage.cli("variant", "log", PROMPT, model);
  return json.tracks[0];
}

// Puts the cursor into the line that holds `text` and selects it, with the arrow keys.
async function select(testid, text) {
  const editor = `[data-testid="${testid}"] .cm-line, .cm-line[data-testid="${testid}"]`;
  const line = await window.until(`a line with ${text}`, async () => {
    for (const line of await window.all(editor)) if ((await line.text()).includes(text)) return line;
  });
  await line.click();
  await window.press(KEY.home);
  const at = (await line.text()).indexOf(text);
  for (let step = 0; step < at; step += 1) await window.press(KEY.right);
  for (let step = 0; step < text.length; step += 1) await window.press(KEY.shift, KEY.right);
}

test("the sample opens and says what an outage would do", async () => {
  const outage = await (await window.by("outage")).text();
  const { json } = await stage.cli("overview");
  assert.equal(json.outage.prompt, PROMPT);
  assert.match(outage, new RegExp(`${json.outage.passthrough_share.held} of ${json.outage.passthrough_share.of}`));
  await window.until("the sample label", async () => /Sample/.test(await (await window.by("sample-note")).property("textContent")));
  assert.deepEqual(await errors(), [["unmatched-change", "gemini-pro"], ["unmatched-change", "gpt-4o"]]);
});

test("what is behind is one click away and shows what the primary changed", async () => {
  await (await window.by(`next-unmatched-change-${PROMPT}-gpt-4o`)).click();
  await window.by("view-write");
  await window.by("gap-gpt-4o-12");
  assert.match(await (await window.by("behind")).text(), /refund window/);
  if ((await window.all('[data-testid="change-diff"]')).length === 0) await (await window.by("show-change-12")).click();
  const shown = await (await window.by("change-diff")).text();
  assert.match(shown, /30 days[\s\S]*14 days/);
});

test("the fallback is edited and saved as the answer", async () => {
  await select("editor-fallback", "30");
  await window.type("14");
  await window.by("draft-fallback");
  assert.equal((await track("gpt-4o")).head, 8, "a draft is not saved");
  await window.press(KEY.ctrl, "s");
  await (await window.by("save-message")).fill("refund window");
  assert.equal(await (await window.by("save-answers-12")).property("checked"), true);
  await (await window.by("save-submit")).click();
  await window.gone("save-dialog");
  await window.gone("behind");

  const saved = await track("gpt-4o");
  assert.equal(saved.head, 9);
  const version = saved.versions.find((version) => version.number === 9);
  assert.deepEqual([version.message, version.answers], ["refund window", [12]]);
  const file = (await stage.cli("variant", "show", PROMPT, "gpt-4o")).json.content.system;
  assert.match(file, /up to 14 days/);
  assert.deepEqual(await errors(), [["unmatched-change", "gemini-pro"]]);
});

// Waits until the form has its price, and starts.
async function start() {
  const button = await window.by("run-start");
  await window.until("the price", async () => (await button.property("disabled")) === false);
  await button.click();
}

test("a model is tested from the settings, and a refusal of its settings stands beside the field", async () => {
  await window.press(KEY.ctrl, ",");
  await (await window.by("model-gpt-4o")).click();
  assert.match(await (await window.by("model-key-state")).text(), /a key is here/);
  await (await window.by("model-test")).click();
  await window.until("the answer", async () => /gpt-4o answered in/.test(await (await window.by("model-test-result")).text()));
  assert.equal(stage.asked.length, 1);
  await (await window.by("model-concurrency")).fill("6");
  await (await window.by("model-save")).click();
  await window.until("the saved model", async () => {
    const { json } = await stage.cli("model", "list");
    return json.models.find((model) => model.name === "gpt-4o").concurrency === 6;
  });
  await (await window.by("model-key_env")).fill("sk-not-a-name");
  await (await window.by("model-save")).click();
  assert.match(await (await window.by("model-key_env-hint")).text(), /does not belong here/);
  await window.press(KEY.escape);
  await window.gone("settings");
  stage.asked.length = 0;
});

test("a run shows its price before anything is sent", async () => {
  await (await window.by("tab-compare")).click();
  await (await window.by("run")).click();
  const gemini = await window.by("quote-gemini-pro");
  assert.match(await gemini.content(), /GEMINI_API_KEY is not here/);
  const cases = (await stage.cli("case", "list", PROMPT)).json.cases.length;
  // The primary, the fallback with its own variant, and the fallback given the primary's prompt.
  await window.until("the count of calls", async () => (await (await window.by("run-calls")).content()) === String(3 * cases));
  assert.match(await (await window.by("run-likely")).content(), /^\$[\d.]+$/);
  assert.match(await (await window.by("quote-gpt-4o")).content(), /\$3 in, \$15 out\s+this workspace/);
  assert.equal(stage.asked.length, 0);
});

test("replies stream side by side, and are cancelled without losing what is finished", async () => {
  stage.pace = 120;
  await start();
  const mark = await window.find('[data-testid^="streaming-"]');
  const name = (await mark.attribute("data-testid")).replace("streaming-", "");
  await (await window.by(`case-${name}`)).click();
  const live = await window.by("live-pair");
  await window.until("a stream in sight", async () => /streaming/.test(await live.text()));
  assert.equal(await (await window.by("rate-tie")).property("disabled"), true);
  assert.match(await (await window.by("run-counts")).text(), /of \d+ calls/);
  // A page that is loaded anew takes the run up where it stands.
  await window.reload();
  await window.until("the run taken up", async () => /of \d+ calls/.test(await (await window.by("run-counts")).text()));
  await (await window.by("tab-compare")).click();
  await (await window.by("fallback-gpt-4o")).click();
  await window.until("a finished call", async () => /^[1-9]/.test(await (await window.by("run-counts")).text()));
  await (await window.by("run-cancel")).click();
  await window.until("the end", async () => /cancelled, \d+ left/.test(await (await window.by("run-line")).text()));
  await window.gone("live-pair");
  stage.pace = 0;
  // One run, though the page that started it is gone.
  const [run, ...others] = (await stage.cli("runs", PROMPT)).json.runs;
  assert.deepEqual(others.filter((other) => other.live), []);
  assert.equal(run.state, "unfinished");
  assert.ok(run.finished > 0 && run.finished < run.cells);
});

test("what is left is resumed, and every finished cell is in the file once", async () => {
  const before = Number((await (await window.by("run-summary")).text()).match(/(\d+) answers? stored/)[1]);
  assert.ok(before > 0);
  const asked = stage.asked.length;
  await (await window.by("run-resume")).click();
  await start();
  const cases = (await stage.cli("case", "list", PROMPT)).json.cases.length;
  await window.until("all answers", async () =>
    (await (await window.by("run-summary")).text()).includes(`${3 * cases} answers`),
  );
  // Only what was left was asked again.
  assert.equal(stage.asked.length - asked, 3 * cases - before);
  const given = (of) => stage.asked.slice(asked).some(of);
  assert.ok(given((call) => call.anthropic && call.system.includes("<policy>")));
  assert.ok(given((call) => !call.anthropic && call.system.includes("up to 14 days")));
  assert.ok(given((call) => !call.anthropic && call.system.includes("<policy>")));
  const [run] = (await stage.cli("runs", PROMPT)).json.runs;
  assert.deepEqual([run.state, run.finished, run.failed], ["finished", 3 * cases, 0]);
  const { json } = await stage.cli("compare", PROMPT, CASE, "--fallback", "gpt-4o");
  assert.match(json.primary.text, /Refunds close after 14 days/);
  assert.match(json.fallback.text, /A refund is possible for 14 days/);
  await (await window.by("run-dismiss")).click();
});

test("the pair is compared and rated by keyboard", async () => {
  await (await window.by("tab-compare")).click();
  await (await window.by(`case-${CASE}`)).click();
  assert.match(await (await window.by("case-input")).text(), /money back/);
  await window.until("the fresh outputs", async () => /possible for/.test(await (await window.by("pair-table")).text()));
  await window.press("2");
  await window.until("the rating", async () => {
    const { json } = await stage.cli("compare", PROMPT, CASE, "--fallback", "gpt-4o");
    return json.rating === "tie";
  });
  await (await window.by(`case-${CASE}`)).click();
  await window.press("u");
  await window.until("the rating taken back", async () => {
    const { json } = await stage.cli("compare", PROMPT, CASE, "--fallback", "gpt-4o");
    return json.rating === null;
  });
});

test("what blocks the release is waived with a reason", async () => {
  await (await window.by("tab-release")).click();
  await window.by(`finding-unmatched-change-${PROMPT}-gemini-pro`);
  assert.equal(await (await window.by("export")).property("disabled"), true);
  await (await window.by(`release-waive-unmatched-change-${PROMPT}-gemini-pro`)).click();
  await (await window.by("waive-reason")).fill("legal decides on the wording in spring");
  await (await window.by("waive-submit")).click();
  await window.gone(`finding-unmatched-change-${PROMPT}-gemini-pro`);
  assert.deepEqual(await errors(), []);
  const { json } = await stage.cli("change", "list", PROMPT);
  const waived = json.changes.find((change) => change.version === 12 && change.model === "gemini-pro");
  assert.deepEqual([waived.state, waived.reason], ["waived", "legal decides on the wording in spring"]);
});

test("a key is made, the bundle exported and verified", async () => {
  await (await window.by("key-name")).fill("release");
  await (await window.by("key-passphrase")).fill("correct horse");
  await (await window.by("key-again")).fill("correct horse");
  await (await window.by("key-make")).click();
  await window.gone("new-key-form");
  await (await window.by("export-name")).fill("journey");
  await (await window.by("export-out")).fill(stage.path("out"));
  await (await window.by("export-passphrase")).fill("correct horse");
  await (await window.by("export")).click();
  const sha256 = (await (await window.by("export-sha256")).text()).replaceAll(/\s/g, "");

  const [archive, envelope] = ["tar", "dsse.json"].map((end) => stage.path(`out/journey-v1.promptbundle.${end}`));
  assert.ok(existsSync(archive) && existsSync(envelope));
  const key = stage.path("release.pub.pem");
  await writeFile(key, (await stage.cli("key", "export", "release")).text);
  const trust = ["bundle", "verify", "--bundle", archive, "--envelope", envelope, "--key", key];
  const verified = await stage.cli(...trust);
  assert.equal(verified.code, 0, verified.text);
  assert.equal(verified.json.sha256, sha256);

  await (await window.by("verify")).click();
  assert.match(await (await window.by("verify-result")).text(), /accepted|verified|holds?/i);

  await writeFile(archive, "tampered");
  assert.equal((await stage.cli(...trust)).code, 1);
  await (await window.by("verify")).click();
  await window.until("the rejection", async () => /E_DIGEST|E_TAR|E_SIZE/.test(await (await window.by("verify-result")).text()));
});
