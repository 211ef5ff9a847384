import { beforeEach, describe, expect, it } from "vitest";
import type { ComparisonEntry } from "../../src/ipc";
import { actionOf, arrange, CompareState } from "../../src/state/compare.svelte";
import { refuse } from "../fixtures/workspace";
import { asked, RecordingFrame, settled } from "../support";

const entry = (name: string, ratio: number | null, rating: string | null = null): ComparisonEntry => ({
  case: name,
  title: name,
  ratio,
  chips: [],
  rating,
  tags: [],
});

describe("arrange", () => {
  it("puts the largest difference first, then what is missing, and folds what is identical", () => {
    const parts = arrange([entry("a", 0.9), entry("b", null), entry("c", 0.1), entry("d", 1)]);
    expect(parts.differing.map((other) => other.case)).toEqual(["c", "a"]);
    expect(parts.missing.map((other) => other.case)).toEqual(["b"]);
    expect(parts.identical.map((other) => other.case)).toEqual(["d"]);
  });
});

describe("keys", () => {
  it("mean the same in upper and lower case, and nothing else means anything", () => {
    expect(actionOf("J")).toEqual({ kind: "next" });
    expect(actionOf("1")).toEqual({ kind: "rate", rating: "primary" });
    expect(actionOf("0")).toEqual({ kind: "rate", rating: "neither" });
    expect(actionOf("Enter")).toEqual({ kind: "read" });
    expect(actionOf("x")).toBeNull();
    expect(actionOf("4")).toBeNull();
  });
});

describe("CompareState", () => {
  let frame: RecordingFrame;
  let compare: CompareState;
  const name = (at: number) => compare.order[at]?.case ?? "";

  beforeEach(async () => {
    frame = new RecordingFrame();
    compare = new CompareState(frame);
    await compare.open("support-triage", "gpt-4o");
  });

  it("opens on the largest difference", () => {
    expect(compare.selected).toBe(name(0));
    expect(compare.pair.value?.case.id).toBe(name(0));
  });

  it("moves down and up in the order that is shown, and stops at both ends", async () => {
    await compare.move(-1);
    expect(compare.selected).toBe(name(0));
    await compare.move(1);
    expect(compare.selected).toBe(name(1));
    await compare.move(1000);
    expect(compare.selected).toBe(compare.order.at(-1)?.case);
  });

  it("walks through identical pairs only when they are unfolded", () => {
    const identical = compare.parts.identical.map((other) => other.case);
    expect(identical).not.toHaveLength(0);
    const shown = () => compare.order.map((other) => other.case);
    expect(shown()).not.toContain(identical[0]);
    compare.unfolded = true;
    expect(shown()).toContain(identical[0]);
  });

  it("stores a rating, counts it, and goes on to the next pair without one", async () => {
    const left = compare.left;
    await compare.rate("tie");
    expect(asked(frame.workspace, "rate")).toEqual([
      { prompt: "support-triage", case: name(0), fallback: "gpt-4o", rating: "tie", note: null },
    ]);
    expect(compare.list.value?.rated).toBe(1);
    expect(compare.left).toBe(left - 1);
    expect(compare.selected).toBe(name(1));
  });

  it("passes over rated pairs and returns to those above", async () => {
    await compare.move(1);
    await compare.rate("primary");
    expect(compare.selected).toBe(name(2));
    await compare.select(name(0));
    await compare.skip();
    expect(compare.selected).toBe(name(2));
    await compare.select(compare.parts.differing.at(-1)?.case ?? "");
    await compare.skip();
    expect(compare.selected).toBe(name(0));
  });

  it("takes ratings back in the order they were given, and returns to each", async () => {
    await compare.rate("tie");
    await compare.rate("fallback");
    await compare.undo();
    expect(compare.selected).toBe(name(1));
    expect(compare.entry?.rating).toBeNull();
    await compare.undo();
    expect(compare.selected).toBe(name(0));
    expect(compare.list.value?.rated).toBe(0);
    await compare.undo();
    expect(asked(frame.workspace, "undo_rating")).toHaveLength(2);
  });

  it("takes back an older rating of the pair in sight when none was given in this sitting", async () => {
    frame.workspace.ratings.set(`${name(0)} gpt-4o`, "primary");
    await compare.open("support-triage", "gpt-4o");
    await compare.undo();
    expect(compare.entry?.rating).toBeNull();
  });

  it("keeps the pair and says so when a rating is refused", async () => {
    frame.workspace.failing.set("rate", refuse("busy", "the file is locked"));
    await compare.rate("tie");
    expect(compare.selected).toBe(name(0));
    expect(compare.entry?.rating).toBeNull();
    expect(frame.said[0]).toContain("the file is locked");
  });

  it("rates nothing where an output is missing", async () => {
    await compare.select("gdpr-export");
    await compare.rate("tie");
    expect(asked(frame.workspace, "rate")).toHaveLength(0);
  });

  it("asks for the next pair ahead, and for each pair once", async () => {
    await settled();
    const pairs = () => asked(frame.workspace, "pair").length;
    expect(pairs()).toBe(2);
    await compare.move(1);
    await settled();
    expect(pairs()).toBe(3);
    await compare.setMode("raw");
    expect(compare.pair.value?.case.id).toBe(name(1));
    expect(asked(frame.workspace, "pair").at(-1)).toMatchObject({ mode: "lines" });
  });

  it("keeps its place when it is opened again, and starts over for another fallback", async () => {
    await compare.move(2);
    const before = compare.selected;
    await compare.open("support-triage", "gpt-4o");
    expect(compare.selected).toBe(before);
    await compare.open("support-triage", "gemini-pro");
    expect(compare.selected).toBe(name(0));
  });
});
