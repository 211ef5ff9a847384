/** The palette behind `Ctrl K`: everything that can be done or gone to, found by a few letters. */

export interface Item {
  id: string;
  title: string;
  /** What kind of thing it is, shown beside the title: `view`, `prompt`, `action`. */
  kind: string;
  /** The key that does the same. */
  key?: string;
  run: () => void;
}

/**
 * How well `text` answers `query`, higher is better; `null` when it does not. Every word of the query must be there:
 * as a beginning of a word, inside, or as letters in order.
 */
export function score(text: string, query: string): number | null {
  const low = text.toLowerCase();
  let total = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const one = scoreWord(low, word);
    if (one === null) return null;
    total += one;
  }
  // Of two that match alike, the shorter says more.
  return total - low.length / 1000;
}

function scoreWord(text: string, word: string): number | null {
  if (text.startsWith(word)) return 4;
  const at = text.indexOf(word);
  if (at > 0) return /[\s\-_.]/.test(text[at - 1] ?? "") ? 3 : 2;
  let from = 0;
  for (const letter of word) {
    const found = text.indexOf(letter, from);
    if (found < 0) return null;
    from = found + 1;
  }
  return 1;
}

/** The items that answer, best first; all of them, in their own order, for an empty query. */
export function find(items: Item[], query: string): Item[] {
  if (query.trim() === "") return items;
  return items
    .map((item, place) => ({ item, place, score: score(`${item.title} ${item.kind}`, query) }))
    .filter((found): found is typeof found & { score: number } => found.score !== null)
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map((found) => found.item);
}

const SHOWN = 60;

export class Palette {
  shown = $state(false);
  query = $state("");
  at = $state(0);
  #items = $state.raw<Item[]>([]);

  found = $derived(find(this.#items, this.query).slice(0, SHOWN));

  open(items: Item[]): void {
    this.#items = items;
    this.query = "";
    this.at = 0;
    this.shown = true;
  }

  close(): void {
    this.shown = false;
  }

  type(query: string): void {
    this.query = query;
    this.at = 0;
  }

  move(by: number): void {
    const count = this.found.length;
    if (count > 0) this.at = (this.at + by + count) % count;
  }

  choose(item: Item | undefined = this.found[this.at]): void {
    this.close();
    item?.run();
  }
}
