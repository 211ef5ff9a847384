/** Models and endpoints: the list, the form of one, and the test of one. Keys are named here, never held. */
import { type Auth, CallError, type ModelDraft, type ModelEntry, type ModelList, type ModelTest, type Wire } from "../ipc";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";

export const WIRES: readonly { value: Wire; label: string }[] = [
  { value: "openai-chat", label: "OpenAI Chat, and compatible" },
  { value: "openai-responses", label: "OpenAI Responses" },
  { value: "anthropic", label: "Anthropic Messages" },
  { value: "gemini", label: "Gemini" },
  { value: "cohere", label: "Cohere v2" },
  { value: "mistral", label: "Mistral" },
];

/** The variable each provider's own documents name. */
const USUAL_KEY: Record<Wire, string> = {
  "openai-chat": "OPENAI_API_KEY",
  "openai-responses": "OPENAI_API_KEY",
  anthropic: "ANTHROPIC_API_KEY",
  gemini: "GEMINI_API_KEY",
  cohere: "COHERE_API_KEY",
  mistral: "MISTRAL_API_KEY",
};

export const AUTHS: readonly { value: Auth; label: string }[] = [
  { value: "bearer", label: "Authorization: Bearer" },
  { value: "api-key", label: "api-key (Azure)" },
  { value: "x-api-key", label: "x-api-key (Anthropic)" },
  { value: "x-goog-api-key", label: "x-goog-api-key (Gemini)" },
  { value: "x-portkey-api-key", label: "x-portkey-api-key (Portkey)" },
];

export const FIELDS = ["name", "id", "base_url", "key_env", "price", "concurrency"] as const;
export type Field = (typeof FIELDS)[number];

const NAME = /^[a-z0-9][a-z0-9.-]*$/;
const DECIMAL = /^\d{1,7}(\.\d{1,12})?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_NAME = 64;

/** Which field a refusal is about; `null` where it says nothing of one. */
export function fieldOf(message: string): Field | null {
  const said: [Field, RegExp][] = [
    ["base_url", /\bbase_url\b/],
    ["key_env", /\bkey_env\b/],
    ["concurrency", /\bconcurrency\b/],
    ["price", /\bprice\b/],
    ["id", /\bid\b(?! of)/],
    ["name", /\bname\b/],
  ];
  return said.find(([, pattern]) => pattern.test(message))?.[0] ?? null;
}

export class ModelForm {
  /** The model as it is stored; `null` for one to be added. */
  readonly entry: ModelEntry | null;
  readonly #taken: readonly string[];
  name = $state("");
  wire = $state<Wire>("openai-chat");
  id = $state("");
  keyEnv = $state("");
  baseUrl = $state("");
  auth = $state<Auth | "">("");
  stream = $state(true);
  concurrency = $state("");
  input = $state("");
  output = $state("");
  busy = $state(false);
  /** Fields that were left once: what is wrong in them is said. */
  touched = $state.raw<ReadonlySet<Field>>(new Set());
  refused = $state.raw<CallError | null>(null);

  constructor(entry: ModelEntry | null, taken: readonly string[]) {
    this.entry = entry;
    this.#taken = taken;
    if (entry === null) return;
    this.name = entry.name;
    this.wire = WIRES.find((wire) => wire.value === entry.wire)?.value ?? "openai-chat";
    this.id = entry.id;
    this.keyEnv = entry.key_env ?? "";
    this.baseUrl = entry.base_url ?? "";
    this.auth = entry.auth ?? "";
    this.stream = entry.stream;
    this.concurrency = entry.concurrency === null ? "" : String(entry.concurrency);
    // Only the workspace's own price stands in its file; any other is shown beside the empty field.
    const own = entry.price?.source === "workspace" ? entry.price : null;
    this.input = own?.input ?? "";
    this.output = own?.output ?? "";
  }

  get usualKey(): string {
    return USUAL_KEY[this.wire];
  }

  get draft(): ModelDraft {
    const text = (value: string) => (value.trim() === "" ? null : value.trim());
    const [input, output] = [text(this.input), text(this.output)];
    return {
      wire: this.wire,
      id: this.id.trim(),
      key_env: text(this.keyEnv),
      base_url: text(this.baseUrl),
      auth: this.auth === "" ? null : this.auth,
      stream: this.stream,
      concurrency: this.concurrency.trim() === "" ? null : Number(this.concurrency),
      price: input === null || output === null ? null : { input, output },
    };
  }

  get dirty(): boolean {
    if (this.entry === null) return true;
    const stored = new ModelForm(this.entry, []);
    return JSON.stringify(this.draft) !== JSON.stringify(stored.draft) || this.input !== stored.input || this.output !== stored.output;
  }

  /** What is wrong, by field, before anybody is asked. */
  get wrong(): Partial<Record<Field, string>> {
    const wrong: Partial<Record<Field, string>> = {};
    const name = this.name.trim();
    if (this.entry === null) {
      if (!NAME.test(name) || name.length > LONGEST_NAME)
        wrong.name = "Small letters, digits, dots and dashes, such as gpt-4o.";
      else if (this.#taken.includes(name)) wrong.name = `There is a model ${name} already.`;
    }
    if (this.id.trim() === "") wrong.id = "The provider’s own id, such as gpt-4o-2024-11-20.";
    const url = this.baseUrl.trim();
    if (url !== "" && !/^https?:\/\/[^/?#@\s]+([/?#]|$)/.test(url))
      wrong.base_url = "It begins with https:// or http:// and holds no password.";
    const key = this.keyEnv.trim();
    if (key !== "" && !VARIABLE.test(key))
      wrong.key_env = "The name of an environment variable. The key itself does not belong here.";
    if (!/^\s*(\d{1,4})?\s*$/.test(this.concurrency) || Number(this.concurrency) === 0 && this.concurrency.trim() !== "")
      wrong.concurrency = "A whole number from 1, or nothing.";
    const [input, output] = [this.input.trim(), this.output.trim()];
    if ((input === "") !== (output === "")) wrong.price = "Both, or neither.";
    else if (input !== "" && (!DECIMAL.test(input) || !DECIMAL.test(output)))
      wrong.price = "US dollars a million tokens, such as 2.50.";
    return wrong;
  }

  touch(field: Field): void {
    this.touched = new Set(this.touched).add(field);
  }

  /** What to say beside a field: what is wrong in it, or what the workspace refused it for. */
  problem(field: Field): string | null {
    if (this.touched.has(field) && this.wrong[field] !== undefined) return this.wrong[field];
    return this.refused !== null && fieldOf(this.refused.message) === field ? this.refused.message : null;
  }

  /** A refusal that belongs to no field. */
  get elsewhere(): string | null {
    return this.refused !== null && fieldOf(this.refused.message) === null ? this.refused.message : null;
  }
}

export interface Tested {
  busy: boolean;
  result: ModelTest | null;
  error: CallError | null;
}

export class SettingsState {
  shown = $state(false);
  models = new Load<ModelList>();
  form = $state.raw<ModelForm | null>(null);
  tests = $state.raw<ReadonlyMap<string, Tested>>(new Map());
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  get names(): string[] {
    return this.models.value?.models.map((entry) => entry.name) ?? [];
  }

  model(name: string): ModelEntry | undefined {
    return this.models.value?.models.find((entry) => entry.name === name);
  }

  /** Opens the sheet, on a model where one is named. */
  async open(name: string | null = null): Promise<void> {
    this.shown = true;
    if (this.models.value !== null) this.choose(name ?? this.form?.entry?.name ?? this.names[0] ?? null);
    const list = await this.models.run(() => this.#frame.client.call("models"));
    if (list !== null && this.form === null) this.choose(name ?? this.names[0] ?? null);
  }

  close(): void {
    this.shown = false;
    this.form = null;
  }

  choose(name: string | null): void {
    const entry = name === null ? undefined : this.model(name);
    this.form = entry === undefined ? null : new ModelForm(entry, this.names);
  }

  add(): void {
    this.form = new ModelForm(null, this.names);
  }

  async save(): Promise<void> {
    const form = this.form;
    if (form === null || form.busy) return;
    form.touched = new Set(FIELDS);
    form.refused = null;
    if (Object.keys(form.wrong).length > 0) return;
    form.busy = true;
    const name = form.name.trim();
    try {
      const list = await this.#frame.client.call("save_model", { name, draft: form.draft });
      this.models.value = list;
      // What was tested is no longer what is stored.
      this.#forget(name);
      if (this.form === form) this.choose(name);
      this.#frame.say(`${name} is saved.`);
    } catch (thrown) {
      form.refused = CallError.from(thrown);
      return;
    } finally {
      form.busy = false;
    }
    await this.#frame.changed();
  }

  async test(name: string): Promise<void> {
    if (this.tests.get(name)?.busy === true) return;
    this.#tested(name, { busy: true, result: null, error: null });
    try {
      const result = await this.#frame.client.call("test_model", { model: name });
      this.#tested(name, { busy: false, result, error: null });
    } catch (thrown) {
      this.#tested(name, { busy: false, result: null, error: CallError.from(thrown) });
    }
  }

  #tested(name: string, tested: Tested): void {
    this.tests = new Map(this.tests).set(name, tested);
  }

  #forget(name: string): void {
    const tests = new Map(this.tests);
    tests.delete(name);
    this.tests = tests;
  }
}
