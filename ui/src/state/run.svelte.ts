/** The run under way: its counts, its failures, its end. One at a time. */
import { CallError, type Commands, type ModelEntry, type RunCell, type RunEvent, type RunSummary } from "../ipc";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";

/** What the events so far add up to. */
export interface Progress {
  run: string | null;
  cells: number;
  /** With an output or an error. */
  finished: number;
  /** Those with an error. */
  failed: number;
  /** The latest failures, newest last. */
  failures: RunCell[];
  summary: RunSummary | null;
}

const KEPT_FAILURES = 50;

export const NO_PROGRESS: Progress = {
  run: null,
  cells: 0,
  finished: 0,
  failed: 0,
  failures: [],
  summary: null,
};

/** Adds one event. Counts never go back: events of parallel cells may arrive out of order. */
export function fold(progress: Progress, event: RunEvent): Progress {
  switch (event.event) {
    case "started":
      return { ...NO_PROGRESS, run: event.run, cells: event.cells };
    case "cell":
      return {
        ...progress,
        cells: event.cells,
        finished: Math.max(progress.finished, event.finished),
        failed: Math.max(progress.failed, event.failed),
        failures:
          event.state === "error" ? [...progress.failures, event].slice(-KEPT_FAILURES) : progress.failures,
      };
    case "summary":
      return { ...progress, ...pick(event), summary: event };
  }
}

function pick(summary: RunSummary): Pick<Progress, "run" | "cells" | "finished" | "failed"> {
  return { run: summary.run, cells: summary.cells, finished: summary.finished, failed: summary.failed };
}

/** What to run, as the person ticks it. */
export class RunForm {
  readonly prompt: string;
  readonly cases: number;
  readonly candidates: string[];
  readonly primary: string | null;
  chosen = $state<string[]>([]);
  passthrough = $state(true);
  repeat = $state(1);

  constructor(prompt: string, cases: number, primary: string | null, fallbacks: string[]) {
    this.prompt = prompt;
    this.cases = cases;
    this.primary = primary;
    this.candidates = [...(primary === null ? [] : [primary]), ...fallbacks];
    this.chosen = [...this.candidates];
  }

  /** How many calls this asks for: every case, for each model, passthrough again for each fallback. */
  get calls(): number {
    const fallbacks = this.chosen.filter((model) => model !== this.primary).length;
    return this.cases * this.repeat * (this.chosen.length + (this.passthrough ? fallbacks : 0));
  }

  /** Leaves out what has no key here. */
  without(models: ModelEntry[]): void {
    const keyless = new Set(models.filter((model) => !model.key_present).map((model) => model.name));
    this.chosen = this.chosen.filter((model) => !keyless.has(model));
  }

  toggle(model: string): void {
    this.chosen = this.chosen.includes(model)
      ? this.chosen.filter((other) => other !== model)
      : this.candidates.filter((other) => other === model || this.chosen.includes(other));
  }

  get args(): Commands["start_run"]["args"] {
    return {
      prompt: this.prompt,
      models: [...this.chosen],
      cases: null,
      passthrough: this.passthrough,
      repeat: this.repeat,
    };
  }
}

export class RunState {
  form = $state.raw<RunForm | null>(null);
  models = new Load<{ models: ModelEntry[] }>();
  prompt = $state<string | null>(null);
  progress = $state.raw<Progress>(NO_PROGRESS);
  running = $state(false);
  cancelling = $state(false);
  error = $state.raw<CallError | null>(null);
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** Whether there is something to show: a run under way, or one that ended and was not dismissed. */
  get shown(): boolean {
    return this.running || this.error !== null || this.progress.summary !== null;
  }

  model(name: string): ModelEntry | undefined {
    return this.models.value?.models.find((entry) => entry.name === name);
  }

  async open(form: RunForm): Promise<void> {
    this.form = form;
    const list = await this.models.run(() => this.#frame.client.call("models"));
    if (list !== null) form.without(list.models);
  }

  async start(): Promise<void> {
    const form = this.form;
    if (form === null || this.running || form.calls === 0) return;
    this.form = null;
    this.prompt = form.prompt;
    this.progress = NO_PROGRESS;
    this.error = null;
    this.running = true;
    this.cancelling = false;
    try {
      const summary = await this.#frame.client.stream("start_run", form.args, (events) => {
        this.progress = events.reduce(fold, this.progress);
      });
      this.progress = fold(this.progress, { ...summary, event: "summary" });
    } catch (thrown) {
      this.error = CallError.from(thrown);
    } finally {
      this.running = false;
      this.cancelling = false;
      await this.#frame.changed();
    }
  }

  async cancel(): Promise<void> {
    const run = this.progress.run;
    if (run === null || !this.running) return;
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
    this.progress = NO_PROGRESS;
  }
}
