/** Earlier runs: the list, and what of it is worth finishing. */
import type { RunEntry, RunList, RunQuote } from "../ipc";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";

/** A run that left something: calls never made, or calls that failed. */
export interface Offer {
  entry: RunEntry;
  /** True: the failed calls are what is left. */
  retry: boolean;
}

/** What the latest live run of each prompt left. What came before it is history. */
export function offersOf(runs: readonly RunEntry[]): Offer[] {
  const seen = new Set<string>();
  return runs.flatMap((entry): Offer[] => {
    if (!entry.live || seen.has(entry.prompt)) return [];
    seen.add(entry.prompt);
    if (entry.state === "unfinished" && entry.finished < entry.cells) return [{ entry, retry: false }];
    if (entry.state === "finished" && entry.failed > 0) return [{ entry, retry: true }];
    return [];
  });
}

/** Prices are asked ahead for so many offers; the form asks for the others. */
const PRICED = 3;

export class RunsState {
  list = new Load<RunList>();
  /** Whose runs the sheet shows; `null` while it is closed. */
  sheet = $state<string | null>(null);
  /** What the rest would cost, by run. */
  prices = $state.raw<ReadonlyMap<string, RunQuote>>(new Map());
  #dismissed = $state.raw<ReadonlySet<string>>(new Set());
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  offers: Offer[] = $derived(
    offersOf(this.list.value?.runs ?? []).filter((offer) => !this.#dismissed.has(offer.entry.run)),
  );

  of(prompt: string): RunEntry[] {
    return (this.list.value?.runs ?? []).filter((entry) => entry.prompt === prompt);
  }

  async look(): Promise<void> {
    const list = await this.list.run(() => this.#frame.client.call("runs", { prompt: null }));
    if (list === null) return;
    for (const { entry, retry } of this.offers.slice(0, PRICED)) {
      const args = { run: entry.run, retry_errors: retry, max_cost_usd: null, ticket: "" };
      const quote = await this.#frame.client.call("quote_resume", args).catch(() => null);
      if (quote !== null) this.prices = new Map(this.prices).set(entry.run, quote);
    }
  }

  /** Not now: it stays in the list. */
  dismiss(run: string): void {
    this.#dismissed = new Set(this.#dismissed).add(run);
  }

  open(prompt: string): void {
    this.sheet = prompt;
    void this.look();
  }

  close(): void {
    this.sheet = null;
  }
}
