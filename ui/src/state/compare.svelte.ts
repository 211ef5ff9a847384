/** The Compare view: which pair is shown, in which order, and what the reviewer chose. */
import { CallError, type ComparisonEntry, type ComparisonList, type Pair, type Rating } from "../ipc";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";

export type Mode = "words" | "fields" | "raw";

/** How far two outputs lie apart, 0 to 1; `null` where one is missing. */
export function difference(entry: ComparisonEntry): number | null {
  return entry.ratio === null ? null : 1 - entry.ratio;
}

/** The list in three parts: differing pairs (largest difference first), pairs without an output, identical pairs. */
export function arrange(entries: ComparisonEntry[]): {
  differing: ComparisonEntry[];
  missing: ComparisonEntry[];
  identical: ComparisonEntry[];
} {
  const differing = entries.filter((entry) => entry.ratio !== null && entry.ratio < 1);
  return {
    differing: differing.sort((a, b) => (a.ratio ?? 0) - (b.ratio ?? 0)),
    missing: entries.filter((entry) => entry.ratio === null),
    identical: entries.filter((entry) => entry.ratio === 1),
  };
}

export type Action =
  | { kind: "rate"; rating: Rating }
  | { kind: "next" | "previous" | "skip" | "undo" | "read" | "again" };

const KEYS: Record<string, Action> = {
  "1": { kind: "rate", rating: "primary" },
  "2": { kind: "rate", rating: "tie" },
  "3": { kind: "rate", rating: "fallback" },
  "0": { kind: "rate", rating: "neither" },
  j: { kind: "next" },
  k: { kind: "previous" },
  s: { kind: "skip" },
  u: { kind: "undo" },
  r: { kind: "again" },
  Enter: { kind: "read" },
};

/** What a key means in this view, typed outside any field. */
export function actionOf(key: string): Action | null {
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

export class CompareState {
  list = new Load<ComparisonList>();
  pair = new Load<Pair>();
  selected = $state<string | null>(null);
  mode = $state<Mode>("fields");
  unfolded = $state(false);
  rating = $state(false);
  /** The list of what can be run again is open. */
  again = $state(false);
  #prompt: string | null = null;
  #fallback: string | null = null;
  #given: string[] = [];
  #pairs = new Map<string, Promise<Pair>>();
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  parts = $derived(arrange(this.list.value?.comparisons ?? []));

  /** What `J` and `K` walk through, top to bottom. */
  order = $derived([
    ...this.parts.differing,
    ...this.parts.missing,
    ...(this.unfolded ? this.parts.identical : []),
  ]);

  entry = $derived(this.list.value?.comparisons.find((entry) => entry.case === this.selected) ?? null);

  /** Pairs that can be judged and were not. */
  left = $derived(
    (this.list.value?.comparisons ?? []).filter((entry) => entry.ratio !== null && entry.ratio < 1 && entry.rating === null)
      .length,
  );

  async open(prompt: string, fallback: string | null): Promise<void> {
    if (prompt !== this.#prompt || fallback !== this.#fallback) {
      this.list.reset();
      this.pair.reset();
      this.selected = null;
      this.unfolded = false;
      this.#given = [];
    }
    this.#prompt = prompt;
    this.#fallback = fallback;
    this.#pairs.clear();
    if (fallback === null) return;
    const list = await this.list.run(() => this.#frame.client.call("comparisons", { prompt, fallback }));
    if (list === null) return;
    const still = list.comparisons.some((entry) => entry.case === this.selected);
    if (!still) this.selected = this.order[0]?.case ?? this.parts.identical[0]?.case ?? null;
    await this.#show();
  }

  /** Outputs of these cases are new: those in sight are read again, the others when they come into sight. */
  async refresh(prompt: string, cases: readonly string[]): Promise<void> {
    if (prompt !== this.#prompt) return;
    for (const name of cases) for (const mode of ["words", "lines"]) this.#pairs.delete(`${mode} ${name}`);
    if (this.selected !== null && cases.includes(this.selected)) await this.#show();
  }

  async select(name: string): Promise<void> {
    this.selected = name;
    await this.#show();
  }

  async setMode(mode: Mode): Promise<void> {
    this.mode = mode;
    await this.#show();
  }

  async move(by: number): Promise<void> {
    const at = this.order.findIndex((entry) => entry.case === this.selected);
    const next = this.order[Math.min(this.order.length - 1, Math.max(0, at + by))];
    if (next !== undefined && next.case !== this.selected) await this.select(next.case);
  }

  /** Stores the choice and goes on to the next pair that has none. */
  async rate(rating: Rating): Promise<void> {
    const entry = this.entry;
    if (entry === null || entry.ratio === null || this.rating) return;
    const stored = await this.#store(entry.case, () =>
      this.#frame.client.call("rate", { ...this.#key(entry.case), rating, note: null }),
    );
    if (!stored) return;
    this.#given.push(entry.case);
    await this.skip();
  }

  /** On to the next unrated pair below, else the first one above, else one further. */
  async skip(): Promise<void> {
    const at = this.order.findIndex((entry) => entry.case === this.selected);
    const open = (entry: ComparisonEntry) =>
      entry.rating === null && entry.ratio !== null && entry.case !== this.selected;
    const next = this.order.slice(at + 1).find(open) ?? this.order.slice(0, Math.max(0, at)).find(open);
    if (next === undefined) await this.move(1);
    else await this.select(next.case);
  }

  /** Takes the last choice back and returns to it; without one of this sitting, the choice of the pair in sight. */
  async undo(): Promise<void> {
    const name = this.#given.at(-1) ?? (this.entry?.rating == null ? null : this.entry.case);
    if (name === null || this.rating) return;
    const taken = await this.#store(name, () => this.#frame.client.call("undo_rating", this.#key(name)));
    if (!taken) return;
    this.#given = this.#given.slice(0, -1);
    await this.select(name);
  }

  #key(name: string): { prompt: string; case: string; fallback: string } {
    return { prompt: this.#prompt ?? "", case: name, fallback: this.#fallback ?? "" };
  }

  async #store(name: string, ask: () => Promise<{ rating: string | null }>): Promise<boolean> {
    this.rating = true;
    try {
      const { rating } = await ask();
      const list = this.list.value;
      if (list !== null) {
        const comparisons = list.comparisons.map((entry) => (entry.case === name ? { ...entry, rating } : entry));
        this.list.value = {
          ...list,
          comparisons,
          rated: comparisons.filter((entry) => entry.rating !== null).length,
        };
      }
      return true;
    } catch (thrown) {
      this.#frame.say(`The rating was not stored: ${CallError.from(thrown).message}`, "error");
      return false;
    } finally {
      this.rating = false;
    }
  }

  async #show(): Promise<void> {
    const name = this.selected;
    if (name === null) return this.pair.reset();
    const pair = await this.pair.run(() => this.#fetch(name));
    if (pair === null) return;
    // The next pair is asked for ahead, so that J answers at once.
    const at = this.order.findIndex((entry) => entry.case === name);
    const next = this.order[at + 1];
    if (next !== undefined) this.#fetch(next.case).catch(() => undefined);
  }

  #fetch(name: string): Promise<Pair> {
    const mode = this.mode === "raw" ? "lines" : "words";
    const key = `${mode} ${name}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = this.#frame.client.call("pair", { ...this.#key(name), mode });
      pair.catch(() => this.#pairs.delete(key));
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}
