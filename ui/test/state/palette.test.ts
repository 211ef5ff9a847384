import { describe, expect, it, vi } from "vitest";
import { find, type Item, Palette, score } from "../../src/state/palette.svelte";

const item = (title: string, run = () => undefined): Item => ({ id: title, title, kind: "prompt", run });

describe("score", () => {
  it("prefers a beginning to a word's beginning, that to the inside, that to letters in order", () => {
    const [start, word, inside, letters] = ["tria", "ria", "age", "sge"].map((query) => score("triage-support", query));
    expect(score("support-triage", "tri")).toBeGreaterThan(score("matrix", "tri") ?? 0);
    expect(start).toBeGreaterThan(word ?? 0);
    expect(inside).toBeGreaterThan(0);
    expect(letters).toBeNull();
    expect(score("support-triage", "spt")).toBeGreaterThan(0);
    expect(score("support-triage", "zz")).toBeNull();
  });

  it("wants every word", () => {
    expect(score("support-triage prompt", "triage prompt")).not.toBeNull();
    expect(score("support-triage prompt", "triage view")).toBeNull();
  });
});

describe("Palette", () => {
  it("keeps the given order without a query, and sorts by fit with one", () => {
    const items = [item("matrix"), item("support-triage"), item("trial")];
    expect(find(items, "").map((found) => found.title)).toEqual(["matrix", "support-triage", "trial"]);
    expect(find(items, "tri").map((found) => found.title)).toEqual(["trial", "support-triage", "matrix"]);
  });

  it("walks round, starts over with each letter, and runs the chosen once", () => {
    const run = vi.fn();
    const palette = new Palette();
    palette.open([item("one"), item("two", run)]);
    palette.move(-1);
    expect(palette.at).toBe(1);
    palette.type("tw");
    expect(palette.at).toBe(0);
    palette.choose();
    expect(run).toHaveBeenCalledOnce();
    expect(palette.shown).toBe(false);
  });

  it("chooses nothing when nothing matches", () => {
    const palette = new Palette();
    palette.open([item("one")]);
    palette.type("zzz");
    palette.move(1);
    palette.choose();
    expect(palette.shown).toBe(false);
  });
});
