/**
 * The timeline as a table: one row a model, one column a primary version. Pure.
 *
 * A synced stretch at the old end is folded when there are many versions; a gap never is.
 */
import type { Change, PromptDetail, Track, VersionEntry } from "../ipc";

/** Where one fallback stands at one primary version. */
export interface Cell {
  /** `before`: the fallback did not exist yet, so the change is none of its business. */
  state: Change["state"] | "before";
  change: Change | null;
  /** The fallback version that answers. */
  with: number | null;
  /** Versions of the fallback that answer nothing here; they are drawn where they fell in time. */
  own: number[];
}

export interface Column {
  version: VersionEntry;
  cells: Cell[];
}

export interface Timeline {
  primary: Track;
  fallbacks: Track[];
  /** Columns that are folded away, oldest first; empty when nothing is. */
  folded: Column[];
  columns: Column[];
}

/** More versions than this and the synced beginning is folded. */
const FOLD_ABOVE = 6;
/** As many of the latest columns are always drawn. */
const ALWAYS_DRAWN = 5;

export function timeline(detail: PromptDetail, unfolded: boolean): Timeline | null {
  const [primary, ...fallbacks] = detail.tracks;
  if (primary === undefined) return null;
  const all = primary.versions.map((version, index) => ({
    version,
    cells: fallbacks.map((track) => cellOf(detail.changes, primary, index, track)),
  }));
  let fold = 0;
  if (!unfolded && all.length > FOLD_ABOVE) {
    while (fold < all.length - ALWAYS_DRAWN && all[fold]?.cells.every(isSettled)) fold++;
  }
  // Folding a single column hides more than it saves.
  if (fold < 2) fold = 0;
  return { primary, fallbacks, folded: all.slice(0, fold), columns: all.slice(fold) };
}

function isSettled(cell: Cell): boolean {
  return cell.state === "matched" || cell.state === "none" || cell.state === "before";
}

function cellOf(changes: Change[], primary: Track, index: number, track: Track): Cell {
  const version = primary.versions[index];
  const change =
    changes.find((other) => other.model === track.model && other.version === version?.number) ?? null;
  const after = primary.versions[index + 1];
  const own = track.versions
    .filter((entry) => entry.answers.length === 0)
    .filter((entry) => version !== undefined && entry.at >= version.at)
    .filter((entry) => after === undefined || entry.at < after.at)
    .map((entry) => entry.number);
  return { state: change?.state ?? "before", change, with: change?.with ?? null, own };
}

/** The versions of `track` that lie inside the folded stretch, as `v1 to v5`. */
export function foldedRange(folded: Column[], track: Track, row: number | null): string | null {
  const numbers =
    row === null
      ? folded.map((column) => column.version.number)
      : folded.flatMap((column) => {
          const cell = column.cells[row];
          return cell === undefined ? [] : [...(cell.with === null ? [] : [cell.with]), ...cell.own];
        });
  const known = numbers.filter((number) => track.versions.some((version) => version.number === number));
  if (known.length === 0) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return low === high ? `v${low}` : `v${low} to v${high}`;
}

/** How a line from the primary down to a cell is drawn; the loudest of what lies at or below the cell wins. */
export function lineOf(column: Column, row: number): "behind" | "matched" | "waived" | null {
  const below = column.cells.slice(row).map((cell) => cell.state);
  if (below.includes("unmatched")) return "behind";
  if (below.includes("matched")) return "matched";
  if (below.includes("waived")) return "waived";
  return null;
}
