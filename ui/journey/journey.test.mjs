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

test("a run asks both models on loopback and finished cells are in the file", async () => {
  await (await window.by("run")).click();
  await (await window.by("run-model-gemini-pro")).click();
  await (await window.by("run-start")).click();
  const summary = await (await window.by("run-summary")).text();
  const cases = (await stage.cli("case", "list", PROMPT)).json.cases.length;
  // The primary, the fallback with its own variant, and the fallback given the primary's prompt.
  assert.match(summary, new RegExp(`${3 * cases} answers`));
  const asked = (of) => stage.asked.filter(of).length;
  assert.equal(asked((call) => call.anthropic && call.system.includes("<policy>")), cases);
  assert.equal(asked((call) => !call.anthropic && call.system.includes("up to 14 days")), cases);
  assert.equal(asked((call) => !call.anthropic && call.system.includes("<policy>")), cases);
  const { json } = await stage.cli("compare", PROMPT, CASE, "--fallback", "gpt-4o");
  assert.match(json.primary.text, /Refunds close after 14 days/);
  assert.match(json.fallback.text, /A refund is possible for 14 days/);
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
