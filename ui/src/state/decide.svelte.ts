/** The small forms in which a person decides: waive, accept, link. Shared by Write and Release. */
import { CallError, type Change, type Comparison, type Finding } from "../ipc";
import type { Frame } from "./frame";

/** Shorter reasons say nothing; the workspace refuses them too. */
export const SHORTEST_REASON = 10;
const DEFAULT_DAYS = 90;

/** A day from now, as `2027-02-19`. */
export function dayFrom(now: Date, days: number): string {
  return new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** What every decision form shares: it is sent once, and a refusal stays visible in it. */
abstract class Form {
  busy = $state(false);
  error = $state.raw<CallError | null>(null);
  protected readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  /** Why it cannot be sent now; `null` when it can. */
  abstract get blocked(): string | null;
  protected abstract send(): Promise<void>;

  /** Answers whether it was stored. */
  async submit(): Promise<boolean> {
    if (this.busy || this.blocked !== null) return false;
    this.busy = true;
    this.error = null;
    try {
      await this.send();
    } catch (thrown) {
      this.error = CallError.from(thrown);
      return false;
    } finally {
      this.busy = false;
    }
    await this.frame.changed();
    return true;
  }
}

/** Reason and end: what a waiver and an acceptance have in common. */
abstract class ReasonForm extends Form {
  reason = $state("");
  until = $state("");
  readonly today: string;

  constructor(frame: Frame, now: Date) {
    super(frame);
    this.today = dayFrom(now, 0);
    this.until = dayFrom(now, DEFAULT_DAYS);
  }

  get blocked(): string | null {
    const short = SHORTEST_REASON - [...this.reason.trim()].length;
    if (short > 0) return `The reason needs ${short} more ${short === 1 ? "character" : "characters"}.`;
    if (!/^\d{4}-\d{2}-\d{2}$/.test(this.until) || Number.isNaN(Date.parse(this.until)))
      return `Write the end as year, month and day: ${this.today}.`;
    if (this.until <= this.today) return "The end lies in the past.";
    return null;
  }
}

/** A primary change that will not be carried over, for a time. */
export class WaiveForm extends ReasonForm {
  readonly kind = "waive";
  readonly prompt: string;
  readonly version: number;
  readonly model: string;
  /** What is waived, in a sentence. */
  readonly subject: string;

  constructor(frame: Frame, now: Date, change: Pick<Change, "prompt" | "version" | "model">, subject: string) {
    super(frame, now);
    this.prompt = change.prompt;
    this.version = change.version;
    this.model = change.model;
    this.subject = subject;
  }

  protected async send(): Promise<void> {
    const { prompt, version, model, until } = this;
    const reason = this.reason.trim();
    await this.frame.client.call("waive_change", { prompt, version, model, reason, until });
    this.frame.say(`v${version} is waived for ${model} until ${until}.`);
  }
}

/** An error finding that is accepted, for a time and for exactly these heads. */
export class AcceptForm extends ReasonForm {
  readonly kind = "accept";
  readonly finding: Finding;

  constructor(frame: Frame, now: Date, finding: Finding) {
    super(frame, now);
    this.finding = finding;
  }

  protected async send(): Promise<void> {
    const { code, prompt, model } = this.finding;
    const accepted = await this.frame.client.call("accept_finding", {
      code,
      prompt,
      model,
      reason: this.reason.trim(),
      until: this.until,
    });
    this.frame.say(`${accepted.code} of ${accepted.prompt} is accepted until ${accepted.until.slice(0, 10)}.`);
  }
}

/** The claim that the fallback's head answers a change already. */
export class LinkForm extends Form {
  readonly kind = "link";
  readonly change: Change;
  readonly head: number;
  /** The fallback's version that last answered something, or its first. */
  readonly since: number;
  /** What the workspace answered: stays to be read until the form is closed. */
  stored = $state(false);
  edit = $state.raw<Comparison | null>(null);

  constructor(frame: Frame, change: Change, head: number, since: number) {
    super(frame);
    this.change = change;
    this.head = head;
    this.since = since;
  }

  get blocked(): string | null {
    return this.stored ? "It is linked." : null;
  }

  protected async send(): Promise<void> {
    const { prompt, version, model } = this.change;
    const settled = await this.frame.client.call("match_change", { prompt, version, model, with: this.head });
    this.edit = settled.edit;
    this.stored = true;
    this.frame.say(`v${version} is answered by ${model} v${this.head}.`);
  }
}
