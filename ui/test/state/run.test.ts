import { describe, expect, it } from "vitest";
import type { RunCell } from "../../src/ipc";
import { fold, NO_PROGRESS, RunForm, RunState } from "../../src/state/run.svelte";
import { refuse } from "../fixtures/workspace";
import { asked, RecordingFrame } from "../support";

const cell = (finished: number, failed: number, state: "output" | "error" = "output"): { event: "cell" } & RunCell => ({
  event: "cell",
  case: `c${finished}`,
  model: "gpt-4o",
  repeat: 1,
  passthrough: false,
  state,
  finished,
  failed,
  cells: 100,
  ...(state === "error" ? { kind: "timeout", message: "no answer" } : {}),
});

describe("fold", () => {
  it("adds events up, and counts never go back when they arrive out of order", () => {
    const events = [{ event: "started" as const, run: "r", cells: 100 }, cell(2, 0), cell(1, 0), cell(3, 1, "error")];
    const progress = events.reduce(fold, NO_PROGRESS);
    expect(progress).toMatchObject({ run: "r", cells: 100, finished: 3, failed: 1, summary: null });
    expect(progress.failures.map((failure) => failure.case)).toEqual(["c3"]);
  });

  it("keeps only the latest failures, however many there are", () => {
    let progress = NO_PROGRESS;
    for (let at = 1; at <= 80; at++) progress = fold(progress, cell(at, at, "error"));
    expect(progress.failures).toHaveLength(50);
    expect(progress.failures.at(-1)?.case).toBe("c80");
  });

  it("ends with the summary's counts", () => {
    const summary = { run: "r", cells: 9, finished: 7, failed: 2, seconds: 1, cost_usd: null, cancelled: true };
    expect(fold(NO_PROGRESS, { event: "summary", ...summary })).toMatchObject({ finished: 7, failed: 2, summary });
  });
});

describe("RunForm", () => {
  it("counts calls: passthrough asks each fallback once more", () => {
    const form = new RunForm("p", 10, "claude", ["gpt", "gemini"]);
    expect(form.calls).toBe(50);
    form.passthrough = false;
    form.repeat = 2;
    expect(form.calls).toBe(60);
    form.toggle("gpt");
    expect(form.chosen).toEqual(["claude", "gemini"]);
    form.toggle("gpt");
    expect(form.chosen).toEqual(["claude", "gpt", "gemini"]);
  });
});

describe("RunState", () => {
  const open = async () => {
    const frame = new RecordingFrame();
    const run = new RunState(frame);
    await run.open(new RunForm("support-triage", 14, "claude-sonnet", ["gpt-4o", "gemini-pro"]));
    return { frame, run };
  };

  it("leaves out models without a key, and says which variable is not set", async () => {
    const { run } = await open();
    expect(run.form?.chosen).toEqual(["claude-sonnet", "gpt-4o"]);
    expect(run.model("gemini-pro")).toMatchObject({ key_present: false, key_env: "GEMINI_API_KEY" });
  });

  it("runs to the end, keeps the failures and has the other views look again", async () => {
    const { frame, run } = await open();
    await run.start();
    expect(asked(frame.workspace, "start_run")).toEqual([
      { prompt: "support-triage", models: ["claude-sonnet", "gpt-4o"], cases: null, passthrough: true, repeat: 1 },
    ]);
    expect(run.progress).toMatchObject({ cells: 42, finished: 42 });
    expect(run.progress.failures.length).toBe(run.progress.failed);
    expect(run.running).toBe(false);
    expect(frame.changes).toBe(1);
    run.dismiss();
    expect(run.shown).toBe(false);
  });

  it("can be stopped once its id is known", async () => {
    const { run } = await open();
    const running = run.start();
    await new Promise((done) => setTimeout(done, 0));
    await run.cancel();
    await running;
    expect(run.progress.summary?.cancelled).toBe(true);
    expect(run.progress.finished).toBeLessThan(42);
  });

  it("shows why it ended early", async () => {
    const { frame, run } = await open();
    frame.workspace.failing.set("start_run", refuse("io", "the disk is full"));
    await run.start();
    expect(run.error?.message).toBe("the disk is full");
    expect(run.shown).toBe(true);
    expect(frame.changes).toBe(1);
  });
});
