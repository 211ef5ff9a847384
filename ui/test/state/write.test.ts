import { describe, expect, it } from "vitest";
import type { Workbench } from "../../src/state/workbench.svelte";
import { SaveForm } from "../../src/state/save.svelte";
import { LinkForm, WaiveForm } from "../../src/state/decide.svelte";
import { FakeWorkspace, refuse } from "../fixtures/workspace";
import { asked, openBench, settled } from "../support";

async function openWrite(workspace = new FakeWorkspace()): Promise<Workbench> {
  const bench = await openBench(workspace);
  bench.go({ view: "write" });
  await settled();
  return bench;
}

function saveForm(bench: Workbench): SaveForm {
  const { dialog } = bench.write;
  if (!(dialog instanceof SaveForm)) throw new Error("the save form is not open");
  return dialog;
}

describe("a draft", () => {
  it("begins with the first change and ends when the text is as stored", async () => {
    const { fallback } = (await openWrite()).write;
    const stored = fallback.text("system");
    expect(fallback.dirty).toBe(false);
    fallback.edit("system", `${stored}more\n`);
    expect([fallback.dirty, fallback.parent, fallback.changedLines]).toEqual([true, 8, 1]);
    fallback.edit("system", stored);
    expect(fallback.dirty).toBe(false);
  });

  it("is of the system text or of the file, never of both", async () => {
    const { fallback } = (await openWrite()).write;
    fallback.edit("system", "new");
    expect(fallback.locked("file")).toContain("System has an unsaved draft");
    fallback.edit("file", "other");
    expect(fallback.draft).toEqual({ kind: "system", system: "new" });
    expect(fallback.text("file")).toBe(fallback.stored("file"));
  });

  it("outlives another view, and what others change", async () => {
    const bench = await openWrite();
    bench.write.fallback.edit("system", "new");
    bench.go({ view: "compare" });
    bench.go({ view: "write" });
    await bench.changed();
    expect(bench.leaving).toBeNull();
    expect(bench.write.fallback.text("system")).toBe("new");
  });

  it("is not left for another prompt or fallback without asking", async () => {
    const bench = await openWrite();
    bench.write.fallback.edit("system", "new");
    bench.go({ prompt: "doc-summary" });
    expect([bench.prompt, bench.leaving]).toEqual(["support-triage", { prompt: "doc-summary" }]);
    bench.stay();
    bench.go({ fallback: "gemini-pro" });
    expect(bench.leaving).not.toBeNull();
    bench.leave();
    await settled();
    expect([bench.fallback, bench.write.dirty]).toEqual(["gemini-pro", false]);
  });

  it("of the primary does not hold the choice of the fallback", async () => {
    const bench = await openWrite();
    bench.write.primary.edit("system", "new");
    bench.go({ fallback: "gemini-pro" });
    await settled();
    expect([bench.leaving, bench.fallback, bench.write.primary.dirty]).toEqual([null, "gemini-pro", true]);
  });
});

describe("saving", () => {
  it("answers the one open change, and the fallback is no longer behind", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    bench.write.fallback.edit("system", bench.write.fallback.text("system").replace("30 days", "14 days"));
    bench.write.save();
    const form = saveForm(bench);
    expect([form.answers, form.message]).toEqual([[12], "refund window"]);
    expect(await form.submit()).toBe(true);
    await settled();
    expect(asked(workspace, "save_version")).toMatchObject([
      { prompt: "support-triage", model: "gpt-4o", parent: 8, text: { kind: "system" }, answers: [12] },
    ]);
    expect(bench.write.fallback.view.value?.version.number).toBe(9);
    expect(bench.write.fallback.view.value?.behind).toEqual([]);
    expect(bench.write.dirty).toBe(false);
    expect(bench.row?.fallbacks[0]?.behind).toBe(0);
    expect(bench.notices.list.at(-1)?.text).toContain("answers v12");
  });

  it("ticks nothing by itself when several changes are open", async () => {
    const workspace = new FakeWorkspace();
    workspace.changes = workspace.changes.map((change) =>
      change.version >= 11 && change.model === "gpt-4o" ? { ...change, state: "unmatched" } : change,
    );
    const bench = await openWrite(workspace);
    bench.write.fallback.edit("system", "new");
    bench.write.save();
    expect(saveForm(bench).open).toHaveLength(2);
    expect(saveForm(bench).answers).toEqual([]);
    bench.write.save(bench.write.fallback, [12]);
    expect(saveForm(bench).answers).toEqual([12]);
    saveForm(bench).toggle(11);
    expect(saveForm(bench).answers).toEqual([11, 12]);
  });

  it("wants a message, and a draft", async () => {
    const bench = await openWrite();
    bench.write.save();
    expect(bench.write.dialog).toBeNull();
    bench.write.primary.edit("system", "new");
    bench.write.save();
    const form = saveForm(bench);
    expect(form.pane.side).toBe("primary");
    expect(form.open).toEqual([]);
    expect(form.blocked).not.toBeNull();
    expect(await form.submit()).toBe(false);
  });

  it("keeps the draft when it is refused", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    bench.write.fallback.edit("file", "---\nbroken");
    workspace.failing.set("save_version", refuse("bad_input", "line 2: the front matter has no end"));
    bench.write.save();
    expect(await saveForm(bench).submit()).toBe(false);
    expect(saveForm(bench).error?.message).toContain("line 2");
    expect(bench.write.fallback.text("file")).toBe("---\nbroken");
  });

  it("shows both texts when the head has moved, overwrites nothing, and can go on top", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    bench.write.fallback.edit("system", "mine");
    await bench.client.call("save_version", {
      prompt: "support-triage",
      model: "gpt-4o",
      parent: 8,
      text: { kind: "system", system: "theirs" },
      message: "in between",
      answers: [],
    });
    bench.write.save();
    const form = saveForm(bench);
    expect(await form.submit()).toBe(false);
    expect(form.error?.code).toBe("head_moved");
    expect(form.theirs?.content.system).toBe("theirs");
    expect(bench.write.fallback.text("system")).toBe("mine");
    expect(await form.saveOnTop()).toBe(true);
    expect(asked(workspace, "save_version").at(-1)).toMatchObject({ parent: 9, text: { system: "mine" } });
    await settled();
    expect(bench.write.fallback.view.value?.version.number).toBe(10);
  });

  it("drops the draft for theirs only when that is chosen", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    bench.write.fallback.edit("system", "mine");
    workspace.failing.set("save_version", refuse("head_moved", "moved"));
    bench.write.save();
    const form = saveForm(bench);
    await form.submit();
    await form.takeTheirs();
    expect(bench.write.dirty).toBe(false);
  });

  it("saves the pane in focus, or the only one with a draft", async () => {
    const { write } = await openWrite();
    write.focused = "primary";
    write.fallback.edit("system", "new");
    expect(write.active.side).toBe("fallback");
    write.primary.edit("system", "new too");
    expect(write.active.side).toBe("primary");
  });
});

describe("after saving", () => {
  it("the text stays in sight: no moment shows the old one again", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    const pane = bench.write.fallback;
    pane.edit("system", "mine\n");
    bench.write.save();
    const seen = new Set<string>();
    const invoke = workspace.invoke.bind(workspace);
    // Whatever is asked on the way, the text is looked at before the question and after the answer.
    workspace.invoke = async (name, payload) => {
      seen.add(pane.text("system"));
      const answer = await invoke(name, payload);
      seen.add(pane.text("system"));
      return answer;
    };
    await saveForm(bench).submit();
    await settled();
    seen.add(pane.text("system"));
    expect([...seen]).toEqual(["mine\n"]);
    expect(pane.dirty).toBe(false);
  });
});

describe("settling a change", () => {
  const behind = (bench: Workbench) => {
    const change = bench.write.fallback.view.value?.behind[0];
    if (change === undefined) throw new Error("nothing is behind");
    return change;
  };

  it("shows what the primary changed as soon as one change is open", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    expect(bench.write.shown).toBe(12);
    expect(asked(workspace, "variant_diff")).toEqual([
      { prompt: "support-triage", model: "claude-sonnet", a: 11, b: 12 },
    ]);
    await bench.write.showChange(behind(bench));
    expect(bench.write.shown).toBeNull();
  });

  it("links the head and tells whether the fallback was edited", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    bench.write.link(behind(bench));
    const form = bench.write.dialog;
    if (!(form instanceof LinkForm)) throw new Error("the link form is not open");
    expect([form.head, form.since]).toEqual([8, 8]);
    expect(await form.submit()).toBe(true);
    expect([form.stored, form.edit]).toEqual([true, null]);
    expect(asked(workspace, "match_change")).toEqual([
      { prompt: "support-triage", version: 12, model: "gpt-4o", with: 8 },
    ]);
    expect(bench.row?.fallbacks[0]?.behind).toBe(0);
    expect(await form.submit()).toBe(false);
  });

  it("waives with ten characters and an end to come, not before", async () => {
    const workspace = new FakeWorkspace();
    const bench = await openWrite(workspace);
    bench.write.waive(behind(bench));
    const form = bench.write.dialog;
    if (!(form instanceof WaiveForm)) throw new Error("the waive form is not open");
    form.reason = "  too short ";
    expect(form.blocked).toBe("The reason needs 1 more character.");
    expect(await form.submit()).toBe(false);
    form.reason = "the campaign ends first";
    form.until = form.today;
    expect(form.blocked).toContain("past");
    form.until = "2099-01-01";
    expect(await form.submit()).toBe(true);
    expect(asked(workspace, "waive_change")).toEqual([
      {
        prompt: "support-triage",
        version: 12,
        model: "gpt-4o",
        reason: "the campaign ends first",
        until: "2099-01-01",
      },
    ]);
  });
});
