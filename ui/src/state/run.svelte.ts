/** The run under way: started, taken up again after a reload, watched, cancelled, and how it ended. One at a time. */
import { CallError, type ModelList, type OverviewRow, type RunEvent, type RunSummary } from "../ipc";
import type { Frame } from "./frame";
import type { Load } from "./load.svelte";
import { type Outcome, outcomeOf } from "./outcome";
import { fold, type Hold, holdsAt, NO_PROGRESS, paceOf, type Progress, settle, timeLeft } from "./progress";
import { type Choice, ResumeForm, RunForm } from "./quote.svelte";

/** Waits are counted down and silence is noticed at this pace. */
const TICK_MS = 1000;
/** A price on a button is not worth reading ten thousand cases for. */
const MOST_PREVIEWED = 2000;

export class RunState {
  form = $state.raw<RunForm | ResumeForm | null>(null);
  /** What the run button would start, with its price: asked ahead for the prompt in sight. */
  preview = $state.raw<RunForm | null>(null);
  prompt = $state<string | null>(null);
  progress = $state.raw<Progress>(NO_PROGRESS);
  running = $state(false);
  cancelling = $state(false);
  error = $state.raw<CallError | null>(null);
  now = $state(Date.now());
  /** Models and whether their keys are here: shared with the settings. */
  readonly models: Load<ModelList>;
  readonly #frame: Frame;

  constructor(frame: Frame, models: Load<ModelList>) {
    this.#frame = frame;
    this.models = models;
  }

  pace = $derived(paceOf(this.progress));
  left = $derived(timeLeft(this.progress));
  holds: Hold[] = $derived(this.running ? holdsAt(this.progress, this.now) : []);
  outcome: Outcome | null = $derived(
    this.progress.summary === null ? null : outcomeOf(this.progress.summary, this.progress.failures),
  );

  /** Whether there is something to show: a run under way, or one that ended and was not dismissed. */
  get shown(): boolean {
    return this.running || this.error !== null || this.progress.summary !== null;
  }

  /** The id of the run under way here. */
  get live(): string | null {
    return this.running ? this.progress.run : null;
  }

  #formOf(row: OverviewRow, choice: Choice): RunForm {
    const fallbacks = row.fallbacks.filter((state) => state.version !== null).map((state) => state.model);
    const primary = row.primary?.version == null ? null : row.primary.model;
    return new RunForm(this.#frame.client, row.prompt, row.cases, primary, fallbacks, choice);
  }

  async #keys(form: RunForm): Promise<void> {
    const known = this.models.value;
    if (known !== null) form.without(known.models);
    // A key may have come since; what was ticked stays while the answer is under way.
    const list = await this.models.run(() => this.#frame.client.call("models"));
    if (list !== null && known === null) form.without(list.models);
  }

  /** Looks ahead what running all cases of a prompt would cost, for the button that offers it. */
  async look(row: OverviewRow): Promise<void> {
    if (this.preview?.prompt !== row.prompt) this.preview = null;
    if (row.cases === 0 || row.cases > MOST_PREVIEWED || row.primary?.version == null) return;
    const form = this.#formOf(row, {});
    await this.#keys(form);
    if (form.chosen.length === 0) return;
    await form.quote.run(() => this.#frame.client.call("quote_run", { ...form.args, max_cost_usd: null }));
    if (form.quote.value !== null) this.preview = form;
  }

  /** Opens the form. The preview of the same choice brings its price along. */
  async open(row: OverviewRow, choice: Choice = {}): Promise<void> {
    if (this.running) return;
    const form = this.#formOf(row, choice);
    this.form = form;
    await this.#keys(form);
    if (this.form !== form) return;
    if (this.preview !== null) form.adopt(this.preview);
    form.ask();
  }

  openResume(entry: ResumeForm["entry"], retry: boolean): void {
    if (this.running) return;
    this.form = new ResumeForm(this.#frame.client, entry, retry);
    this.form.ask();
  }

  /** Resumes the run whose end is in sight. */
  resumeEnded(retry: boolean): void {
    const summary = this.progress.summary;
    if (summary !== null && this.prompt !== null) this.openResume({ ...summary, prompt: this.prompt }, retry);
  }

  close(): void {
    this.form?.drop();
    this.form = null;
  }

  async start(): Promise<void> {
    const form = this.form;
    if (form === null || this.running || form.blocked !== null) return;
    this.close();
    const { client } = this.#frame;
    await this.#follow(form.prompt, (receive) =>
      form.kind === "run"
        ? client.stream("start_run", form.args, receive)
        : client.stream("resume_run", form.args, receive),
    );
  }

  /** Takes up what this program has under way already: the page was loaded anew. */
  async attach(): Promise<void> {
    const { client } = this.#frame;
    const [first] = await client.call("live_runs").catch(() => []);
    if (first === undefined || this.running) return;
    await this.#follow(first.prompt, (receive) => client.stream("attach_run", { run: first.run }, receive));
  }

  async #follow(
    prompt: string,
    ask: (receive: (events: RunEvent[]) => void) => Promise<RunSummary>,
  ): Promise<void> {
    this.prompt = prompt;
    this.progress = NO_PROGRESS;
    this.error = null;
    this.running = true;
    this.cancelling = false;
    this.now = Date.now();
    const clock = setInterval(() => (this.now = Date.now()), TICK_MS);
    try {
      const summary = await ask((events) => this.#receive(events));
      if (this.progress.summary === null)
        this.progress = fold(this.progress, [{ ...summary, event: "summary" }], Date.now());
    } catch (thrown) {
      this.error = CallError.from(thrown);
      this.progress = { ...this.progress, streams: new Map() };
    } finally {
      clearInterval(clock);
      this.running = false;
      this.cancelling = false;
      await this.#frame.changed();
    }
  }

  #receive(events: RunEvent[]): void {
    this.now = Date.now();
    this.progress = fold(this.progress, events, this.now);
    const cases = events.flatMap((event) => (event.event === "cell" ? [event.case] : []));
    // A stream stays in sight until the stored output has taken its place, so that nothing flickers.
    if (cases.length > 0 && this.prompt !== null)
      void this.#frame.arrived(this.prompt, [...new Set(cases)]).then((shown) => {
        this.progress = settle(this.progress, shown);
      });
  }

  async cancel(): Promise<void> {
    const run = this.progress.run;
    if (run === null || !this.running || this.cancelling) return;
    this.cancelling = true;
    try {
      await this.#frame.client.call("cancel_run", { run });
    } catch (thrown) {
      this.cancelling = false;
      this.#frame.say(CallError.from(thrown).message, "error");
    }
  }

  dismiss(): void {
    if (this.running) return;
    this.error = null;
    this.prompt = null;
    this.progress = NO_PROGRESS;
  }
}

