import { describe, expect, it } from "vitest";
import { AcceptForm, WaiveForm } from "../../src/state/decide.svelte";
import { canWaive, KeyForm, ReleaseState } from "../../src/state/release.svelte";
import { finding } from "../fixtures/overview";
import { FakeWorkspace, refuse } from "../fixtures/workspace";
import { asked, RecordingFrame } from "../support";

const settledWorkspace = () => {
  const workspace = new FakeWorkspace();
  workspace.changes = workspace.changes.map((change) => ({ ...change, state: "matched", with: 8 }));
  return workspace;
};

async function open(workspace = settledWorkspace()) {
  const frame = new RecordingFrame(workspace);
  const release = new ReleaseState(frame);
  await release.open("/home/mara");
  return { frame, release, workspace };
}

async function withKey() {
  const opened = await open();
  const form = opened.release.newKey;
  if (form === null) throw new Error("a key is needed first");
  form.passphrase = form.again = "correct horse";
  await opened.release.makeKey();
  return opened;
}

describe("export", () => {
  it("says what stands in the way, one thing at a time", async () => {
    const { release } = await open(new FakeWorkspace());
    expect(release.blocked).toBe("2 findings stand in the way.");
    const { release: clear } = await open();
    expect(clear.blocked).toContain("key");
    expect([clear.name, clear.out]).toEqual(["acme-assistant", "/home/mara/out"]);
    clear.name = " ";
    expect(clear.blocked).toContain("name");
  });

  it("asks for a key first where there is none, and uses it", async () => {
    const { release, frame } = await withKey();
    expect([release.key, release.newKey, release.blocked]).toEqual(["release", null, null]);
    await release.export();
    expect(asked(frame.workspace, "export_bundle")).toEqual([
      { name: "acme-assistant", out: "/home/mara/out", sign: "release", passphrase: "correct horse" },
    ]);
    expect(release.passphrase).toBe("");
    expect(release.archive).toBe("/home/mara/out/acme-assistant-v1.promptbundle.tar");
    expect(frame.changes).toBe(1);
    await release.verify();
    expect(release.verification.value?.accepted).toBe(true);
  });

  it("shows a refusal, and leaves nothing to verify", async () => {
    const { release, workspace } = await withKey();
    workspace.failing.set("export_bundle", refuse("bad_input", "the passphrase does not open the key"));
    await release.export();
    expect(release.exported.error?.message).toContain("passphrase");
    expect([release.archive, release.cannotVerify]).toEqual(["", "Name both files."]);
  });
});

describe("a new key", () => {
  it("needs a name, a passphrase, and the same passphrase again", () => {
    const form = new KeyForm();
    expect(form.blocked).toContain("8 characters");
    form.passphrase = "long enough";
    expect(form.blocked).toBe("The two passphrases differ.");
    form.again = "long enough";
    expect(form.blocked).toBeNull();
    form.name = "../x";
    expect(form.blocked).toContain("name");
  });

  it("keeps the form when it is refused", async () => {
    const { release, workspace } = await open();
    workspace.failing.set("new_key", refuse("bad_input", "there is such a key"));
    if (release.newKey) release.newKey.passphrase = release.newKey.again = "long enough";
    await release.makeKey();
    expect(release.newKey?.error?.message).toBe("there is such a key");
  });
});

describe("decisions", () => {
  it("waive what names a change and a fallback, accept the rest", async () => {
    const { release } = await open(new FakeWorkspace());
    const change = finding("unmatched-change", { model: "gpt-4o", version: 12 });
    expect([canWaive(change), canWaive({ ...change, version: null }), canWaive(finding("never-run"))]).toEqual([
      true,
      false,
      false,
    ]);
    release.waive(change);
    expect(release.dialog).toBeInstanceOf(WaiveForm);
    release.accept(finding("never-run", { model: "gpt-4o" }));
    expect(release.dialog).toBeInstanceOf(AcceptForm);
  });

  it("send what the finding names", async () => {
    const { release, workspace } = await open();
    release.accept(finding("schema-broken", { model: "gpt-4o" }));
    const form = release.dialog;
    if (!(form instanceof AcceptForm)) throw new Error("the form is not open");
    form.reason = "known, fixed next week";
    form.until = "2099-01-01";
    expect(await form.submit()).toBe(true);
    expect(asked(workspace, "accept_finding")).toEqual([
      {
        code: "schema-broken",
        prompt: "support-triage",
        model: "gpt-4o",
        reason: "known, fixed next week",
        until: "2099-01-01",
      },
    ]);
  });
});
