import { beforeEach, describe, expect, it } from "vitest";
import type { ModelList, OverviewRow, RunCell, RunDelta, RunEvent } from "../../src/ipc";
import { Load } from "../../src/state/load.svelte";
import { outcomeOf } from "../../src/state/outcome";
import { fold, holdsAt, holdText, NO_PROGRESS, paceOf, settle, streamOf, timeLeft } from "../../src/state/progress";
import { RunState } from "../../src/state/run.svelte";
import { overview } from "../fixtures/overview";
import { summaryOf } from "../fixtures/runs";
import { refuse } from "../fixtures/workspace";
import { asked, RecordingFrame, settled } from "../support";

const cell = (finished: number, failed: number, over: Partial<RunCell> = {}): { event: "cell" } & RunCell => ({
  event: "cell",
  case: `c${finished}`,
  model: "gpt-4o",
  repeat: 1,
  passthrough: false,
  state: "output",
  seconds: 1,
  tries: 1,
  cached: false,
  cost_usd: 0.01,
  expected: 0,
  unmet: 0,
  finished,
  failed,
  cells: 100,
  spent_usd: finished * 0.01,
  elapsed_seconds: finished / 4,
  ...over,
});
const failure = (finished: number, failed: number, kind = "timeout") =>
  cell(finished, failed, { state: "error", kind, message: "no answer", cost_usd: null });
const delta = (text: string, over: Partial<RunDelta> = {}): RunEvent => ({
  event: "delta",
  case: "c1",
  model: "gpt-4o",
  repeat: 1,
  passthrough: false,
  text,
  restart: false,
  ...over,
});
const started: RunEvent = { event: "started", run: "r", cells: 100, finished: 0 };
const here = { case: "c1", model: "gpt-4o", passthrough: false };

describe("progress", () => {
  it("adds events up, and counts never go back when they arrive out of order", () => {
    const progress = fold(NO_PROGRESS, [started, cell(2, 0), cell(1, 0), failure(3, 1)], 0);
    expect(progress).toMatchObject({ run: "r", cells: 100, finished: 3, failed: 1, summary: null });
    expect(progress.spent).toBeCloseTo(0.03);
    expect(progress.failures.map((one) => one.case)).toEqual(["c3"]);
  });

  it("keeps only the latest failures, however many there are", () => {
    const failures = Array.from({ length: 80 }, (_, at) => failure(at + 1, at + 1));
    const progress = fold(NO_PROGRESS, failures, 0);
    expect(progress.failures).toHaveLength(50);
    expect(progress.failures.at(-1)?.case).toBe("c80");
  });

  it("ends with the summary's counts, and nothing streams or waits then", () => {
    const summary = summaryOf({ finished: 7, failed: 2, left: 35, cancelled: true });
    const held: RunEvent = { event: "held", model: "gpt-4o", seconds: 60, kind: "rate_limited" };
    const progress = fold(NO_PROGRESS, [started, delta("half"), held, { event: "summary", ...summary }], 0);
    expect(progress).toMatchObject({ finished: 7, failed: 2, summary, holds: [] });
    expect(progress.streams.size).toBe(0);
  });

  it("counts what is unknown, cached and unmet apart from what is spent", () => {
    const events = [
      cell(1, 0, { cost_usd: null }),
      cell(2, 0, { cost_usd: null, cached: true, tries: 0 }),
      cell(3, 0, { expected: 2, unmet: 2 }),
      failure(4, 1),
    ];
    expect(fold(NO_PROGRESS, events, 0)).toMatchObject({ unpriced: 1, cached: 1, unmet: 1 });
  });

  it("reads the pace from the last seconds and counts what was finished before to nobody's pace", () => {
    const resumed: RunEvent = { event: "started", run: "r", cells: 100, finished: 60 };
    let progress = fold(NO_PROGRESS, [resumed], 0);
    expect([paceOf(progress), timeLeft(progress)]).toEqual([null, null]);
    progress = fold(progress, [cell(61, 0, { elapsed_seconds: 0.5 }), cell(64, 0, { elapsed_seconds: 2.5 })], 0);
    expect(paceOf(progress)).toBeCloseTo(1.5);
    expect(timeLeft(progress)).toBeCloseTo(24);
    // Twenty quick seconds later the slow beginning counts no more.
    const quick = Array.from({ length: 20 }, (_, at) => cell(65 + at, 0, { elapsed_seconds: 20 + at / 10 }));
    expect(paceOf(fold(progress, quick, 0))).toBeGreaterThan(5);
  });

  it("says who waits, until when and why, the latest word of each", () => {
    const held = (seconds: number): RunEvent => ({ event: "held", model: "gpt-4o", seconds, kind: "rate_limited" });
    const progress = fold(NO_PROGRESS, [held(2), held(12)], 1_000_000);
    const [hold, ...others] = holdsAt(progress, 1_000_000);
    expect(others).toEqual([]);
    expect(hold && holdText(hold, 1_000_000)).toBe("gpt-4o waits 12 s: rate limited");
    expect(hold && holdText(hold, 1_008_500)).toBe("gpt-4o waits 4 s: rate limited");
    expect(holdsAt(progress, 1_012_000)).toEqual([]);
  });
});

describe("streams", () => {
  it("grow piece by piece, and begin anew when the call does", () => {
    let progress = fold(NO_PROGRESS, [started, delta("Hel"), delta("lo"), delta("other", { model: "gemini-pro" })], 0);
    expect(streamOf(progress, here)).toMatchObject({ text: "Hello", done: false });
    progress = fold(progress, [delta("", { restart: true }), delta("Bye")], 0);
    expect(streamOf(progress, here)?.text).toBe("Bye");
    expect(streamOf(progress, { ...here, passthrough: true })).toBeNull();
  });

  it("of several repeats show the first", () => {
    const progress = fold(NO_PROGRESS, [delta("two", { repeat: 2 }), delta("one", { repeat: 1 })], 0);
    expect(streamOf(progress, here)?.text).toBe("one");
  });

  it("stay until the stored output is in sight, and go at once when the call failed", () => {
    let progress = fold(NO_PROGRESS, [delta("whole"), delta("half", { case: "c2" }), cell(1, 0), failure(2, 1)], 0);
    expect(streamOf(progress, here)).toMatchObject({ text: "whole", done: true });
    expect(streamOf(progress, { ...here, case: "c2" })).toBeNull();
    progress = settle(progress, ["c9"]);
    expect(progress.streams.size).toBe(1);
    expect(settle(progress, ["c1"]).streams.size).toBe(0);
    // The next call of the same case is not settled with it.
    const next = fold(progress, [delta("more", { model: "gemini-pro" })], 0);
    expect(settle(next, ["c1"]).streams.size).toBe(1);
  });
});

describe("outcome", () => {
  it("has nothing to add to a run in which all went well", () => {
    expect(outcomeOf(summaryOf(), [])).toEqual({ level: "good", title: "42 answers stored", remarks: [] });
  });

  it("says how many are left and how to go on, for every way in which a run stops", () => {
    const of = (why: Parameters<typeof summaryOf>[0]) => outcomeOf(summaryOf({ finished: 30, left: 12, ...why }), []);
    const first = (why: Parameters<typeof summaryOf>[0]) => of(why).remarks[0];
    expect(first({ stops: [{ why: "max_cost" }] })).toMatchObject({ text: "stopped at the cost limit, 12 left", way: "resume" });
    expect(first({ stops: [{ why: "cancelled" }] })).toMatchObject({ text: "cancelled, 12 left", way: "resume" });
    const closed = first({ stops: [{ why: "endpoint", model: "gpt-4o", message: "no quota" }] });
    expect(closed).toMatchObject({ level: "error", text: "gpt-4o takes nothing more, 12 left: no quota", way: "resume" });
    expect(first({})).toMatchObject({ text: "12 left", way: "resume" });
  });

  it("names the way out of what failed most", () => {
    const failures = [failure(1, 1, "unauthorized"), failure(2, 2, "unauthorized"), failure(3, 3, "timeout")];
    const { level, remarks } = outcomeOf(summaryOf({ failed: 3 }), failures);
    expect(level).toBe("error");
    expect(remarks.map((remark) => remark.way)).toEqual(["retry", "settings"]);
    expect(remarks[1]?.help).toContain("gpt-4o");
    const passing = outcomeOf(summaryOf({ failed: 1 }), [failure(1, 1, "overloaded")]);
    expect(passing.remarks.map((remark) => remark.way)).toEqual(["retry"]);
  });

  it("tells unmet expectations, cached answers and unknown costs", () => {
    const { level, remarks } = outcomeOf(summaryOf({ unmet: 1, cached: 4, unpriced: 2, cost_usd: null }), []);
    expect(level).toBe("warning");
    expect(remarks.map((remark) => [remark.text, remark.way])).toEqual([
      ["1 answer does not hold what the case expects", "compare"],
      ["4 taken from earlier runs", null],
      ["cost of 2 calls unknown", "settings"],
    ]);
  });
});

describe("RunState", () => {
  let frame: RecordingFrame;
  let run: RunState;
  let row: OverviewRow;

  beforeEach(() => {
    frame = new RecordingFrame();
    run = new RunState(frame, new Load<ModelList>());
    const found = overview().prompts.find((other) => other.prompt === "support-triage");
    if (found === undefined) throw new Error("no such prompt");
    row = found;
  });
  const open = async () => {
    await run.open(row);
    await settled();
  };

  it("shows a price before it can be started, and sends nothing but the question until then", async () => {
    const opening = run.open(row);
    await run.start();
    expect(run.running).toBe(false);
    await opening;
    await settled();
    expect(run.form?.blocked).toBeNull();
    expect(run.form?.quote.value?.likely_usd).toBeGreaterThan(0);
    expect(frame.workspace.calls.map((call) => call.name)).toEqual(["models", "quote_run"]);
  });

  it("runs what was chosen to the end, has the views look at each case, then at everything", async () => {
    await open();
    await run.start();
    expect(asked(frame.workspace, "start_run")).toEqual([
      {
        prompt: "support-triage",
        models: ["claude-sonnet", "gpt-4o"],
        cases: [],
        passthrough: true,
        handoff: false,
        repeat: 1,
        cache: false,
        max_cost_usd: null,
        ticket: expect.any(String),
      },
    ]);
    expect(run.progress).toMatchObject({ cells: 42, finished: 42 });
    expect(new Set(frame.arrivals).size).toBe(14);
    expect(run.running).toBe(false);
    expect(run.outcome?.level).toBe("good");
    expect(run.progress.streams.size).toBe(0);
    expect(frame.changes).toBe(1);
    run.dismiss();
    expect(run.shown).toBe(false);
  });

  it("is cancelled once its id is known, and says what is left", async () => {
    await open();
    const running = run.start();
    await new Promise((done) => setTimeout(done, 0));
    await run.cancel();
    await running;
    expect(run.progress.summary?.cancelled).toBe(true);
    expect(run.outcome?.remarks[0]?.text).toMatch(/^cancelled, \d+ left$/);
  });

  it("offers to resume the end in sight, with its price", async () => {
    frame.workspace.runs.script.stop = { after: 30, why: { why: "max_cost" } };
    await open();
    await run.start();
    run.resumeEnded(false);
    await settled();
    expect(run.form).toMatchObject({ kind: "resume", calls: 12, blocked: null });
    frame.workspace.runs.script.stop = null;
    await run.start();
    expect(asked(frame.workspace, "resume_run")).toEqual([
      { run: "r1", retry_errors: false, max_cost_usd: null, ticket: expect.any(String) },
    ]);
    expect(run.progress).toMatchObject({ before: 30, finished: 42, cells: 42 });
  });

  it("takes up a run that this program has under way", async () => {
    frame.workspace.runs.live = [{ run: "r7", prompt: "support-triage" }];
    const attached = run.attach();
    await settled();
    expect(run).toMatchObject({ running: true, prompt: "support-triage", live: "r7" });
    expect(run.progress).toMatchObject({ cells: 42, finished: 17, before: 17 });
    frame.workspace.endAttached?.(summaryOf({ run: "r7" }));
    await attached;
    expect(run.running).toBe(false);
    expect(run.outcome?.title).toBe("42 answers stored");
  });

  it("has nothing to take up when nothing runs", async () => {
    await run.attach();
    expect(run.shown).toBe(false);
    expect(asked(frame.workspace, "attach_run")).toEqual([]);
  });

  it("shows why it ended early", async () => {
    await open();
    frame.workspace.failing.set("start_run", refuse("io", "the disk is full"));
    await run.start();
    expect(run.error?.message).toBe("the disk is full");
    expect(run.shown).toBe(true);
    expect(frame.changes).toBe(1);
  });

  it("looks ahead at the price of the prompt in sight, and the form takes it over", async () => {
    await run.look(row);
    expect(run.preview?.quote.value?.likely_usd).toBeGreaterThan(0);
    await open();
    expect(asked(frame.workspace, "quote_run")).toHaveLength(1);
    expect(run.form?.blocked).toBeNull();
  });
});
