import { beforeEach, describe, expect, it } from "vitest";
import { fieldOf, ModelForm, SettingsState } from "../../src/state/settings.svelte";
import { refuse } from "../fixtures/workspace";
import { asked, RecordingFrame } from "../support";

let frame: RecordingFrame;
let settings: SettingsState;
beforeEach(async () => {
  frame = new RecordingFrame();
  settings = new SettingsState(frame);
  await settings.open();
});

describe("ModelForm", () => {
  const model = (name: string) => frame.workspace.models().find((entry) => entry.name === name) ?? null;

  it("is as stored, and dirty only while it differs", () => {
    const form = new ModelForm(model("gpt-4o"), []);
    expect(form.dirty).toBe(false);
    form.id = "gpt-4o-mini";
    expect(form.dirty).toBe(true);
    form.id = "gpt-4o-2026-01-01 ";
    expect(form.dirty).toBe(false);
  });

  it("does not take the shipped price for the team's own", () => {
    const form = new ModelForm(model("gpt-4o"), []);
    expect(form.draft.price).toBeNull();
    form.input = "2";
    expect(form.wrong.price).toBe("Both, or neither.");
    form.output = "8.50";
    expect(form.draft.price).toEqual({ input: "2", output: "8.50" });
    form.output = "8,50";
    expect(form.wrong.price).toContain("2.50");
  });

  it("says what is wrong in a field once it was left, and refuses a key where its name belongs", () => {
    const form = new ModelForm(null, ["gpt-4o"]);
    expect(form.problem("name")).toBeNull();
    form.touch("name");
    expect(form.problem("name")).not.toBeNull();
    form.name = "gpt-4o";
    expect(form.problem("name")).toContain("already");
    form.name = "gpt-4o.eu";
    expect(form.problem("name")).toBeNull();
    for (const key of ["sk-live-1234", "A KEY", "$KEY"]) {
      form.keyEnv = key;
      expect(form.wrong.key_env, key).toContain("does not belong here");
    }
    for (const url of ["ftp://x", "api.example.com", "https://", "https://me:secret@host"]) {
      form.baseUrl = url;
      expect(form.wrong.base_url, url).toBeDefined();
    }
    form.baseUrl = "http://localhost:11434/v1";
    expect(form.wrong.base_url).toBeUndefined();
    for (const many of ["0", "1.5", "-2", "many"]) {
      form.concurrency = many;
      expect(form.wrong.concurrency, many).toBeDefined();
    }
  });
});

describe("fieldOf", () => {
  it("finds the field a refusal is about", () => {
    expect(fieldOf("understudy.toml line 4: models.x: base_url must begin with http://")).toBe("base_url");
    expect(fieldOf("key_env of x is no name of an environment variable")).toBe("key_env");
    expect(fieldOf("`1,5` is no price")).toBe("price");
    expect(fieldOf("models.x: id is empty")).toBe("id");
    expect(fieldOf("the file is locked")).toBeNull();
  });
});

describe("SettingsState", () => {
  it("opens on the first model, or on the one that is named", async () => {
    expect(settings.form?.entry?.name).toBe("claude-sonnet");
    await settings.open("gemini-pro");
    expect(settings.form?.entry).toMatchObject({ name: "gemini-pro", key_present: false, key_env: "GEMINI_API_KEY" });
  });

  it("saves what was changed and has the other views look again", async () => {
    settings.choose("gpt-4o");
    const form = settings.form;
    if (form === null) throw new Error("no form");
    form.baseUrl = "https://gateway.example.com";
    await settings.save();
    expect(asked(frame.workspace, "save_model")).toEqual([
      {
        name: "gpt-4o",
        draft: {
          wire: "openai-chat",
          id: "gpt-4o-2026-01-01",
          key_env: "OPENAI_API_KEY",
          base_url: "https://gateway.example.com",
          auth: null,
          stream: true,
          concurrency: null,
          price: null,
        },
      },
    ]);
    expect(settings.form?.dirty).toBe(false);
    expect(settings.model("gpt-4o")?.base_url).toBe("https://gateway.example.com");
    expect(frame.changes).toBe(1);
  });

  it("adds a model and stays on it", async () => {
    settings.add();
    await settings.save();
    expect(asked(frame.workspace, "save_model")).toHaveLength(0);
    expect(settings.form?.problem("id")).not.toBeNull();
    const form = settings.form;
    if (form === null) throw new Error("no form");
    form.name = "local-llama";
    form.id = "llama3.3";
    await settings.save();
    expect(settings.form?.entry?.name).toBe("local-llama");
    expect(settings.names).toContain("local-llama");
  });

  it("puts a refusal beside the field it is about, or below when it is about none", async () => {
    settings.choose("gpt-4o");
    const form = settings.form;
    if (form === null) throw new Error("no form");
    form.id = "other";
    frame.workspace.failing.set("save_model", refuse("bad_input", "models.gpt-4o: base_url must not hold a password"));
    await settings.save();
    expect(form.problem("base_url")).toContain("password");
    expect(form.elsewhere).toBeNull();
    frame.workspace.failing.set("save_model", refuse("busy", "the file is locked"));
    await settings.save();
    expect(form.problem("base_url")).toBeNull();
    expect(form.elsewhere).toBe("the file is locked");
    expect(settings.form).toBe(form);
    expect(frame.changes).toBe(0);
  });

  it("tests a model, keeps the answer, and forgets it when the model is saved anew", async () => {
    await settings.test("gpt-4o");
    expect(settings.tests.get("gpt-4o")?.result).toMatchObject({ ok: true, answered_by: "gpt-4o-2026-01-01-eu" });
    await settings.test("gemini-pro");
    expect(settings.tests.get("gemini-pro")?.result).toMatchObject({ ok: false, status: null });
    settings.choose("gpt-4o");
    if (settings.form !== null) settings.form.id = "other";
    await settings.save();
    expect(settings.tests.has("gpt-4o")).toBe(false);
    frame.workspace.failing.set("test_model", refuse("busy", "the file is locked"));
    await settings.test("gpt-4o");
    expect(settings.tests.get("gpt-4o")).toMatchObject({ busy: false, result: null });
    expect(settings.tests.get("gpt-4o")?.error?.message).toBe("the file is locked");
  });
});
