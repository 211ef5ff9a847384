import { describe, expect, it } from "vitest";
import { standingOf } from "../../src/state/outcome";
import { offersOf, RunsState } from "../../src/state/runs.svelte";
import { entryOf } from "../fixtures/runs";
import { asked, RecordingFrame } from "../support";

describe("offers", () => {
  it("are what the latest run of each prompt left, and no older one", () => {
    const runs = [
      entryOf({ run: "d", live: false }),
      entryOf({ run: "c", prompt: "doc-summary", failed: 2 }),
      entryOf({ run: "b", state: "unfinished", finished: 30 }),
      entryOf({ run: "a", prompt: "doc-summary", state: "unfinished", finished: 1 }),
      entryOf({ run: "0", prompt: "done" }),
      entryOf({ run: "1", prompt: "going", state: "going", finished: 3 }),
    ];
    expect(offersOf(runs).map((offer) => [offer.entry.run, offer.retry])).toEqual([
      ["c", true],
      ["b", false],
    ]);
  });

  it("come with the price of the rest, and can be put off", async () => {
    const frame = new RecordingFrame();
    frame.workspace.runs.list = [entryOf({ run: "b", state: "unfinished", finished: 30 })];
    const runs = new RunsState(frame);
    await runs.look();
    expect(runs.offers.map((offer) => offer.entry.run)).toEqual(["b"]);
    expect(runs.prices.get("b")?.likely_usd).toBeGreaterThan(0);
    expect(asked(frame.workspace, "quote_resume")).toEqual([
      { run: "b", retry_errors: false, max_cost_usd: null, ticket: "" },
    ]);
    runs.dismiss("b");
    expect(runs.offers).toEqual([]);
    expect(runs.of("support-triage")).toHaveLength(1);
  });
});

describe("standing", () => {
  it("is told in words with a shape of its own", () => {
    expect(standingOf(entryOf())).toEqual({ level: "good", text: "finished" });
    expect(standingOf(entryOf({ failed: 2 }))).toEqual({ level: "error", text: "2 failed" });
    expect(standingOf(entryOf({ state: "unfinished", finished: 30 }))).toEqual({ level: "warning", text: "12 left" });
    expect(standingOf(entryOf({ state: "going", finished: 3 }))).toEqual({ level: "apart", text: "under way" });
    expect(standingOf(entryOf({ live: false }))).toEqual({ level: "apart", text: "recorded elsewhere" });
  });
});
