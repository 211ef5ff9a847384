import { flushSync, mount, unmount } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import App from "../../src/App.svelte";
import type { Piece } from "../../src/ipc";
import Pieces from "../../src/views/compare/Pieces.svelte";
import DiffRows from "../../src/views/shared/DiffRows.svelte";
import { FakeWorkspace } from "../fixtures/workspace";
import { openBench, settled } from "../support";

const HOSTILE = "<img src=x onerror=\"document.title='hostile'\"> <b>bold</b> [link](https://example.com) &amp;";
let undo: (() => void)[] = [];

function show(on: (target: HTMLElement) => Record<string, unknown>): HTMLElement {
  const target = document.createElement("div");
  document.body.append(target);
  const mounted = on(target);
  undo.push(() => {
    void unmount(mounted);
    target.remove();
  });
  flushSync();
  return target;
}

afterEach(() => {
  for (const step of undo) step();
  undo = [];
});

describe("pieces", () => {
  it("are text and nothing else, whatever a model wrote", () => {
    const pieces: Piece[] = [
      { text: HOSTILE, edit: "only" },
      { text: "{@html '<i>x</i>'}", edit: "same" },
    ];
    const target = show((target) => mount(Pieces, { target, props: { pieces, side: "left" } }));
    expect(target.querySelectorAll("img, b, a, i, script")).toHaveLength(0);
    expect(target.textContent).toContain(HOSTILE);
  });

  it("concatenate to the text exactly, white space and line ends included", () => {
    const texts = ["  two ", "\n", "\r\n", "words\t", "", " end "];
    const pieces = texts.map((text, at): Piece => ({ text, edit: at % 2 === 0 ? "only" : "same" }));
    expect(show((target) => mount(Pieces, { target, props: { pieces, side: "right" } })).textContent).toBe(texts.join(""));
    expect(show((target) => mount(Pieces, { target, props: { pieces } })).textContent).toBe(texts.join(""));
  });

  it("mark what stands on one side only, say what was compared roughly, and leave remarks unmarked", () => {
    const pieces: Piece[] = [
      { text: "a", edit: "only" },
      { text: "b", edit: "coarse" },
      { text: " number", edit: "same", class: "comment" },
    ];
    const marks = [...show((target) => mount(Pieces, { target, props: { pieces, side: "left" } })).querySelectorAll("mark")];
    expect(marks.map((mark) => mark.textContent)).toEqual(["a", "b"]);
    expect(marks[1]?.title).toBe("compared only roughly");
    expect(show((target) => mount(Pieces, { target, props: { pieces } })).querySelectorAll("mark")).toHaveLength(0);
  });

  it("of two versions are said to be removed or added, and are text too", () => {
    const side = (text: string) => ({ pieces: [{ text, edit: "only" as const }] });
    const comparison = {
      rows: [{ left: side("<b>30</b>\n"), right: side("<b>14</b>\n"), changed: true }],
      ratio: 0,
      coarse: false,
    };
    const target = show((target) => mount(DiffRows, { target, props: { comparison } }));
    expect(target.textContent).toContain("removed: <b>30</b>");
    expect(target.textContent).toContain("added: <b>14</b>");
  });
});

describe("the window", () => {
  async function open(workspace = new FakeWorkspace()) {
    const bench = await openBench(workspace);
    const target = show((target) => mount(App, { target, props: { bench } }));
    const find = (id: string) => {
      const found = target.querySelector<HTMLElement>(`[data-testid="${id}"]`);
      if (found === null) throw new Error(`${id} is not on the screen`);
      return found;
    };
    const press = async (key: string, ctrlKey = false) => {
      window.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
      await settled();
      flushSync();
    };
    const click = async (id: string) => {
      find(id).click();
      await settled();
      flushSync();
    };
    return { bench, target, find, press, click };
  }

  it("goes from a finding to the place where it is settled", async () => {
    const { find, click } = await open();
    await click("next-unmatched-change-support-triage-gemini-pro");
    expect(find("behind").textContent).toContain("refund window");
    expect(find("pane-fallback").getAttribute("aria-label")).toContain("gemini-pro");
    expect(find("change-diff").textContent).toContain("14");
  });

  it("rates and moves by keyboard alone, and a hostile answer stays text", async () => {
    const { bench, find, press, target } = await open();
    await press("3", true);
    const first = bench.compare.selected ?? "";
    expect(first).toBe("prompt-injection");
    expect(find("pair-table").textContent).toContain("<img src=");
    expect(target.querySelectorAll("img, a")).toHaveLength(0);
    await press("1");
    expect(find(`case-${first}`).querySelector('[aria-label="rated primary"]')).not.toBeNull();
    await press("u");
    expect(bench.compare.selected).toBe(first);
    await press("j");
    expect(find(`case-${bench.compare.selected ?? ""}`).getAttribute("aria-selected")).toBe("true");
  });

  it("does not take a letter typed into a field for a command", async () => {
    const { bench, find, press } = await open();
    await press("3", true);
    const first = bench.compare.selected;
    const filter = find("prompt-filter");
    filter.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true, cancelable: true }));
    await settled();
    expect(bench.compare.selected).toBe(first);
  });

  it("says why an output is missing", async () => {
    const { find, press, click } = await open();
    await press("3", true);
    await click("case-gdpr-export");
    expect(find("pair-table").textContent).toContain("No output: needs a run");
    expect(find("rate-tie").hasAttribute("disabled")).toBe(true);
  });

  it("shows an error with its sentence in the place of the answer", async () => {
    const workspace = new FakeWorkspace();
    workspace.failing.set("comparisons", { code: "io", message: "the file is gone" });
    const { target, press } = await open(workspace);
    await press("3", true);
    expect(target.querySelector('[role="alert"]')?.textContent).toContain("the file is gone");
  });

  it("keeps the export shut while errors stand, and says so", async () => {
    const { find, press } = await open();
    await press("5", true);
    expect(find("export").hasAttribute("disabled")).toBe(true);
    expect(find("export-why").textContent).toBe("2 findings stand in the way.");
  });
});
