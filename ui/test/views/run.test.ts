import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import App from "../../src/App.svelte";
import type { RunEvent } from "../../src/ipc";
import { finding } from "../fixtures/overview";
import { entryOf } from "../fixtures/runs";
import { FakeWorkspace, refuse } from "../fixtures/workspace";
import { asked, openBench, settled } from "../support";

const HOSTILE = "<img src=x onerror=\"document.title='hostile'\"> <b>bold</b> [link](https://example.com) &amp;";
let undo: (() => void)[] = [];

beforeAll(() => {
  // happy-dom scrolls nothing.
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(() => {
  for (const step of undo) step();
  undo = [];
});

async function open(workspace = new FakeWorkspace()) {
  const bench = await openBench(workspace);
  const target = document.createElement("div");
  document.body.append(target);
  const mounted = mount(App, { target, props: { bench } });
  undo.push(() => {
    void unmount(mounted);
    target.remove();
  });
  flushSync();
  const seek = (id: string) => target.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  const find = (id: string) => {
    const found = seek(id);
    if (found === null) throw new Error(`${id} is not on the screen`);
    return found;
  };
  const wait = async () => {
    await settled();
    flushSync();
  };
  const click = async (id: string) => {
    find(id).click();
    await wait();
  };
  const press = async (key: string, ctrlKey = false, on: EventTarget = window) => {
    on.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
    await wait();
  };
  /** Until the run that was started has ended, and the views have looked again. */
  const ended = async () => {
    for (let turn = 0; turn < 50 && bench.run.running; turn++) await settled();
    await wait();
  };
  await wait();
  return { bench, workspace, target, seek, find, wait, ended, click, press };
}

/** A run that stands still after its start, so that a test can send what it likes. */
async function frozen() {
  const workspace = new FakeWorkspace();
  workspace.runs.script = { ...workspace.runs.script, freeze: true, pieces: 2 };
  const view = await open(workspace);
  await view.press("3", true);
  await view.click("run");
  await view.click("run-start");
  const [stream] = view.bench.run.progress.streams.values();
  if (stream === undefined) throw new Error("nothing streams");
  await view.bench.compare.select(stream.case);
  await view.wait();
  return { ...view, stream };
}

describe("before a run", () => {
  it("the price is on the button, in the form by model, and unknown where it is unknown", async () => {
    const workspace = new FakeWorkspace();
    workspace.keyless = new Set();
    const { find, click, press } = await open(workspace);
    await press("3", true);
    expect(find("run").textContent).toMatch(/Run 14 cases…/);
    await click("run");
    expect(find("quote-gpt-4o").textContent).toContain("$2.50 in, $10 out");
    expect(find("quote-gpt-4o").textContent).toContain("shipped list, 1 Nov 2026");
    expect(find("quote-gemini-pro").textContent).toContain("unknown");
    expect(find("run-likely").textContent).toBe("unknown");
    expect(find("run-start").textContent).toContain("cost unknown");
    await click("run-model-gemini-pro");
    await new Promise((done) => setTimeout(done, 200));
    await settled();
    flushSync();
    expect(find("run-likely").textContent).toMatch(/^\$0\.\d{3}$/);
    expect(asked(workspace, "start_run")).toEqual([]);
  });

  it("says which key is missing and what would get lost", async () => {
    const workspace = new FakeWorkspace();
    workspace.runs.losses = [finding("schema-lost", { model: "gpt-4o", message: "gpt-4o: the schema is not sent", help: "set it" })];
    const { find, click, press } = await open(workspace);
    await press("3", true);
    expect(find("run").textContent).toMatch(/about \$0\.\d\d/);
    await click("run");
    expect(find("quote-gemini-pro").textContent).toContain("GEMINI_API_KEY is not here");
    expect(find("run-model-gemini-pro").hasAttribute("disabled")).toBe(true);
    expect(find("run-findings").textContent).toContain("gpt-4o: the schema is not sent. Set it.");
  });

  it("can be for one cell, one case or one model, by keyboard", async () => {
    const { bench, find, click, press, workspace } = await open();
    await press("3", true);
    const name = bench.compare.selected ?? "";
    await press("r");
    const menu = find("again").parentElement?.querySelector('[role="menu"]');
    expect([...(menu?.querySelectorAll("button") ?? [])].map((item) => item.title)).toEqual([
      `${name} on all models`,
      `${name} on claude-sonnet`,
      `${name} on gpt-4o`,
      "All 14 cases on claude-sonnet",
      "All 14 cases on gpt-4o",
    ]);
    await press("3", false, menu ?? window);
    expect(bench.run.form).toMatchObject({ kind: "run", args: { cases: [name], models: ["gpt-4o"] } });
    expect(find("run-calls").textContent).toBe("2");
    await click("run-start");
    expect(asked(workspace, "start_run")).toMatchObject([{ cases: [name], models: ["gpt-4o"] }]);
  });

  it("starts for this variant in Write, and for a row in Overview", async () => {
    const { bench, click, press, wait } = await open();
    await press("2", true);
    await click("run-fallback");
    expect(bench.run.form).toMatchObject({ kind: "run", args: { cases: [], models: ["gpt-4o"] } });
    bench.run.close();
    await wait();
    await press("1", true);
    await click("run-row-doc-summary");
    expect(bench.run.form).toMatchObject({ prompt: "doc-summary" });
  });
});

describe("while a run streams", () => {
  it("shows the replies side by side as no outputs yet, and does not let them be rated", async () => {
    const { bench, find, press, stream, workspace } = await frozen();
    expect(find("live-pair").textContent).toContain("streaming");
    expect(find("stream-primary").textContent).not.toBe("");
    expect(find("stream-primary").getAttribute("aria-busy")).toBe("true");
    expect(find(`streaming-${stream.case}`).textContent).toContain("streaming");
    expect(find("rate-tie").hasAttribute("disabled")).toBe(true);
    await press("2");
    expect(asked(workspace, "rate")).toEqual([]);
    expect(bench.compare.selected).toBe(stream.case);
  });

  it("keeps hostile text text while it streams, and forgets it when the call begins anew", async () => {
    const { bench, find, seek, wait, target, stream } = await frozen();
    const { fold } = await import("../../src/state/progress");
    const send = async (...events: RunEvent[]) => {
      bench.run.progress = fold(bench.run.progress, events, 0);
      await wait();
    };
    const piece = { event: "delta" as const, case: stream.case, model: stream.model, repeat: 1, passthrough: false };
    await send({ ...piece, text: "", restart: true }, { ...piece, text: HOSTILE, restart: false });
    expect(find("stream-primary").textContent).toBe(HOSTILE);
    expect(target.querySelectorAll("img, b > b, a, script")).toHaveLength(0);
    await send({ ...piece, text: "", restart: true });
    expect(find("stream-primary").textContent).toBe("");
    bench.run.progress = { ...bench.run.progress, streams: new Map() };
    await wait();
    expect(seek("live-pair")).toBeNull();
    expect(find("pair-table").textContent).not.toContain("onerror=\"document.title='hostile'\"> <b>bold</b> [link]");
  });

  it("tells counts, waits and the way to stop, and takes its place without covering the view", async () => {
    const { bench, find, wait, click, ended } = await frozen();
    const { fold } = await import("../../src/state/progress");
    bench.run.progress = fold(
      bench.run.progress,
      [{ event: "held", model: "gpt-4o", seconds: 12, kind: "rate_limited" }],
      Date.now(),
    );
    await wait();
    expect(find("run-counts").textContent?.trim()).toBe("0 of 42 calls");
    expect(find("run-held").textContent?.trim()).toMatch(/^gpt-4o waits 1[123] s: rate limited$/);
    await click("run-cancel");
    await ended();
    expect(find("run-line").textContent).toContain("cancelled, 42 left");
    expect(find("run-resume")).not.toBeNull();
  });
});

describe("after a run", () => {
  it("says what went wrong and offers exactly what helps", async () => {
    const workspace = new FakeWorkspace();
    workspace.runs.script = { ...workspace.runs.script, failing: 7, failure: { kind: "unauthorized", message: HOSTILE } };
    const { find, click, press, target, ended } = await open(workspace);
    await press("3", true);
    await click("run");
    await click("run-start");
    await ended();
    expect(find("run-summary").textContent).toContain("36 answers stored");
    expect(find("run-line").textContent).toContain("6 failed");
    await click("run-details");
    expect(find("run-report").textContent).toContain("Check the key of");
    expect(find("run-failures").textContent).toContain(HOSTILE);
    expect(target.querySelectorAll("img, a")).toHaveLength(0);
  });

  it("an unfinished run is offered in Overview and Compare with its price, and resumed from there", async () => {
    const workspace = new FakeWorkspace();
    workspace.runs.list = [entryOf({ run: "a", state: "unfinished", finished: 30 })];
    const { bench, find, click, press, seek, ended } = await open(workspace);
    expect(find("run-offer-support-triage").textContent).toMatch(/12 of 42 calls of the last run left, about \$0\.0\d/);
    await press("3", true);
    await click("offer-resume-support-triage");
    expect(find("run-dialog").textContent).toMatch(/30 calls of 42 are finished and kept;\s+12 are left/);
    await click("run-start");
    await ended();
    expect(asked(workspace, "resume_run")).toEqual([
      { run: "a", retry_errors: false, max_cost_usd: null, ticket: expect.any(String) },
    ]);
    expect(bench.run.progress.summary?.left).toBe(0);
    expect(seek("run-offer-support-triage")).toBeNull();
  });

  it("lists the runs of a prompt with state, calls, cost and models", async () => {
    const workspace = new FakeWorkspace();
    workspace.runs.list = [
      entryOf({ run: "a", state: "unfinished", finished: 30, unpriced: 2 }),
      entryOf({ run: "b", failed: 2, spent_usd: 0, unpriced: 42 }),
    ];
    const { bench, find, wait } = await open(workspace);
    bench.runs.open("support-triage");
    await wait();
    expect(find("run-a").textContent).toMatch(/12 left.*30 of 42.*\$0\.15 \+ unknown.*claude-sonnet, gpt-4o/s);
    expect(find("run-b").textContent).toMatch(/2 failed.*unknown/s);
    expect(find("resume-a").textContent).toContain("Resume");
    expect(find("retry-b").textContent).toContain("Try failed again");
  });
});

describe("settings", () => {
  it("open by key, never show a key, test a model and show its words as text", async () => {
    const { find, click, press } = await open();
    await press(",", true);
    expect(find("settings").textContent).toContain("Models and endpoints");
    expect(find("model-key-state").textContent).toContain("a key is here");
    await click("model-test");
    expect(find("model-test-result").textContent).toMatch(/answered in 412 ms.*answered by claude-sonnet-2026-01-01-eu/s);
    await click("model-gemini-pro");
    expect(find("model-key-state").textContent).toContain("no key here");
    await click("model-test");
    expect(find("model-test-result").textContent).toContain("GEMINI_API_KEY is not set");
  });

  it("put a refusal beside the field it is about", async () => {
    const workspace = new FakeWorkspace();
    const { find, click, press, wait, bench } = await open(workspace);
    await press(",", true);
    if (bench.settings.form !== null) bench.settings.form.id = "other";
    await wait();
    workspace.failing.set("save_model", refuse("bad_input", "models.claude-sonnet: base_url must begin with https://"));
    await click("model-save");
    expect(find("model-base_url-hint").textContent).toContain("base_url must begin");
    expect(find("model-base_url").getAttribute("aria-invalid")).toBe("true");
  });
});

describe("closing while something runs", () => {
  it("asks, and does what is answered", async () => {
    for (const how of ["stay", "finish", "cancel"] as const) {
      const { workspace, click, wait, seek } = await frozen();
      workspace.summon?.({ summons: "closing", runs: [{ run: "r1", prompt: "support-triage" }] });
      await wait();
      await click(`close-${how}`);
      expect(asked(workspace, "leave")).toEqual([{ how }]);
      expect(seek("close-dialog")).toBeNull();
      workspace.runs.cancel();
      await wait();
      for (const step of undo) step();
      undo = [];
    }
  });
});
