/** What to run, as the person chooses it, and what that would cost. Nothing is sent before a price was shown. */
import type { Client, Commands, ModelEntry, QuoteLine, RunEntry, RunQuote } from "../ipc";
import { Load } from "./load.svelte";

/** Choices come in bursts: the price is asked when they rest. */
const REST_MS = 150;
const MONEY = /^\d{1,9}(\.\d{1,12})?$/;

/** A row of the form: a model with its own prompt, a fallback given the primary's, or the earlier turns of handoffs. */
export interface RunRow {
  model: string;
  passthrough: boolean;
  /** The primary's turns before a fallback takes over. */
  earlier: boolean;
}

const rowOf = (line: QuoteLine): RunRow => ({
  model: line.model,
  passthrough: line.passthrough,
  earlier: line.earlier_turns,
});

function ticket(): string {
  const random = () => Math.random().toString(36).slice(2, 12);
  return `${Date.now().toString(36)}-${random()}-${random()}`;
}

/** What starting and resuming have in common: a quote that follows the choices, and a limit. */
abstract class QuotedForm {
  quote = new Load<RunQuote>();
  /** The most it may cost, as typed; empty for no limit. */
  limit = $state("");
  /** For this one start: a page that is loaded anew may send it twice, and it must not run twice. */
  readonly ticket = ticket();
  /** The choices moved on since the quote was asked. */
  stale = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = "";

  /** What the quote depends on; the limit is not part of it. */
  protected abstract get question(): string;
  protected abstract fetch(): Promise<RunQuote>;
  /** Why the choice itself cannot be run; `null` when it can. */
  protected abstract get unchosen(): string | null;

  /** Asks for the price of what is chosen now: at once the first time, then when the choices rest. */
  ask(): void {
    const question = this.question;
    if (question === this.#asked && this.quote.error === null) return;
    const first = this.#asked === "";
    this.#asked = question;
    clearTimeout(this.#timer);
    if (this.unchosen !== null) {
      this.quote.reset();
      this.stale = false;
      return;
    }
    this.stale = true;
    if (first) void this.#fetch();
    else this.#timer = setTimeout(() => void this.#fetch(), REST_MS);
  }

  /** Takes a quote over that was asked for the same choices before. */
  adopt(form: QuotedForm): void {
    if (form.quote.value === null || form.question !== this.question || form.stale) return;
    this.quote.value = form.quote.value;
    this.#asked = this.question;
  }

  /** Asks the same question again, after a failure. */
  again(): void {
    this.#asked = "";
    this.ask();
  }

  async #fetch(): Promise<void> {
    const asked = this.#asked;
    await this.quote.run(() => this.fetch());
    if (asked === this.#asked && !this.quote.busy) this.stale = false;
  }

  get limitText(): string {
    return this.limit.trim().replace(/^\$\s*/, "");
  }

  /** What is wrong with the limit; `null` when nothing is. */
  get limitProblem(): string | null {
    const text = this.limitText;
    if (text === "") return null;
    if (!MONEY.test(text)) return "Write an amount such as 0.50.";
    if (Number(text) === 0) return "Nothing could be asked for nothing.";
    if (this.stale) return null;
    const asked = this.quote.value?.lines.filter((line) => line.calls > 0) ?? [];
    const unpriced = asked.find((line) => line.price === null);
    if (unpriced !== undefined)
      return `A limit cannot be kept while the price of ${unpriced.model} is unknown: set it in the settings.`;
    const endless = asked.find((line) => line.at_most_usd === null);
    if (endless !== undefined)
      return `A limit cannot be kept while nothing limits how much ${endless.model} writes: set its most output tokens in Write, under File.`;
    return null;
  }

  /** Why it cannot be started now; `null` when it can. */
  get blocked(): string | null {
    if (this.unchosen !== null) return this.unchosen;
    if (this.quote.error !== null && !this.stale) return "The price could not be worked out.";
    const quote = this.quote.value;
    if (quote === null || this.stale) return "Working the price out…";
    if (quote.lines.every((line) => line.calls === 0)) return "Nothing is left to ask.";
    return this.limitProblem;
  }

  line(row: RunRow): QuoteLine | null {
    const { model, passthrough, earlier } = row;
    const same = (line: QuoteLine) =>
      line.model === model && line.passthrough === passthrough && line.earlier_turns === earlier;
    return this.quote.value?.lines.find(same) ?? null;
  }

  /** Calls in all; `null` while not known. */
  get calls(): number | null {
    return this.quote.value === null ? null : this.quote.value.lines.reduce((sum, line) => sum + line.calls, 0);
  }

  /** Stops waiting for a price: the form is closed. */
  drop(): void {
    clearTimeout(this.#timer);
  }
}

/** Which cases and models a form begins with. What is left out means all. */
export interface Choice {
  cases?: string[];
  models?: string[];
}

export class RunForm extends QuotedForm {
  readonly kind = "run";
  readonly prompt: string;
  /** Saved cases of the prompt. */
  readonly total: number;
  readonly primary: string | null;
  readonly candidates: string[];
  chosen = $state<string[]>([]);
  /** All cases, or those named. */
  scope = $state<"all" | "named">("all");
  /** Cases by id, `*` standing for any text, apart by commas or blanks. */
  named = $state("");
  passthrough = $state(true);
  handoff = $state(false);
  cache = $state(false);
  repeat = $state(1);
  /** Models without a key here: they cannot be asked. */
  keyless = $state.raw<ReadonlyMap<string, string>>(new Map());
  readonly #client: Client;

  constructor(client: Client, prompt: string, total: number, primary: string | null, fallbacks: string[], choice: Choice = {}) {
    super();
    this.#client = client;
    this.prompt = prompt;
    this.total = total;
    this.primary = primary;
    this.candidates = [...(primary === null ? [] : [primary]), ...fallbacks];
    this.chosen = this.candidates.filter((model) => choice.models?.includes(model) ?? true);
    if (choice.cases !== undefined) {
      this.scope = "named";
      this.named = choice.cases.join(" ");
    }
  }

  /** Leaves out what has no key here. */
  without(models: readonly ModelEntry[]): void {
    const keyless = models.filter((model) => !model.key_present && this.candidates.includes(model.name));
    this.keyless = new Map(keyless.map((model) => [model.name, model.key_env ?? "its key"]));
    this.chosen = this.chosen.filter((model) => !this.keyless.has(model));
  }

  toggle(model: string): void {
    if (this.keyless.has(model)) return;
    this.chosen = this.chosen.includes(model)
      ? this.chosen.filter((other) => other !== model)
      : this.candidates.filter((other) => other === model || this.chosen.includes(other));
  }

  get cases(): string[] {
    return this.scope === "all" ? [] : this.named.split(/[\s,]+/).filter(Boolean);
  }

  /** Every model once, and each chosen fallback once more where it is given the primary's prompt too. */
  get rows(): RunRow[] {
    const own = this.candidates.flatMap((model) => {
      const twice = this.passthrough && model !== this.primary && this.chosen.includes(model);
      const row = { model, passthrough: false, earlier: false };
      return [row, ...(twice ? [{ ...row, passthrough: true }] : [])];
    });
    return [...own, ...(this.quote.value?.lines.filter((line) => line.earlier_turns).map(rowOf) ?? [])];
  }

  get repeatProblem(): string | null {
    return Number.isInteger(this.repeat) && this.repeat >= 1 && this.repeat <= 100 ? null : "From 1 to 100.";
  }

  /** How many of the chosen cases begin with turns the primary could answer; `null` while not known. */
  get handoffs(): number | null {
    return this.quote.value?.handoff_cases ?? null;
  }

  get args(): Commands["start_run"]["args"] {
    return {
      prompt: this.prompt,
      models: [...this.chosen],
      cases: this.cases,
      passthrough: this.passthrough,
      handoff: this.handoff && this.handoffs !== 0,
      repeat: this.repeat,
      cache: this.cache,
      max_cost_usd: this.limitText === "" ? null : this.limitText,
      ticket: this.ticket,
    };
  }

  get question(): string {
    return JSON.stringify({ ...this.args, max_cost_usd: null, ticket: "" });
  }

  protected fetch(): Promise<RunQuote> {
    return this.#client.call("quote_run", { ...this.args, max_cost_usd: null });
  }

  protected get unchosen(): string | null {
    if (this.total === 0) return `${this.prompt} has no cases yet.`;
    if (this.candidates.length > 0 && this.candidates.every((model) => this.keyless.has(model)))
      return "No key of these models is here.";
    if (this.chosen.length === 0) return "Choose a model.";
    if (this.scope === "named" && this.cases.length === 0) return "Name a case.";
    if (this.repeatProblem !== null) return "Repeats go from 1 to 100.";
    return null;
  }
}

/** The rest of a run that ended early, and what failed in it. */
export class ResumeForm extends QuotedForm {
  readonly kind = "resume";
  readonly entry: Pick<RunEntry, "run" | "prompt" | "cells" | "finished" | "failed">;
  retry = $state(false);
  readonly #client: Client;

  constructor(client: Client, entry: ResumeForm["entry"], retry: boolean) {
    super();
    this.#client = client;
    this.entry = entry;
    this.retry = retry;
  }

  get prompt(): string {
    return this.entry.prompt;
  }

  get left(): number {
    return this.entry.cells - this.entry.finished;
  }

  get rows(): RunRow[] {
    return this.quote.value?.lines.map(rowOf) ?? [];
  }

  get args(): Commands["resume_run"]["args"] {
    return {
      run: this.entry.run,
      retry_errors: this.retry,
      max_cost_usd: this.limitText === "" ? null : this.limitText,
      ticket: this.ticket,
    };
  }

  get question(): string {
    return JSON.stringify({ ...this.args, max_cost_usd: null, ticket: "" });
  }

  protected fetch(): Promise<RunQuote> {
    return this.#client.call("quote_resume", { ...this.args, max_cost_usd: null });
  }

  protected get unchosen(): string | null {
    if (this.left === 0 && !this.retry) return "Nothing is left; choose to try the failed calls again.";
    return null;
  }
}
