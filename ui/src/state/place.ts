/** Where things are: the five views, and the view in which a finding is dealt with. Pure. */
import type { Finding, Overview, OverviewRow } from "../ipc";

export const VIEWS = ["overview", "write", "compare", "parity", "release"] as const;
export type View = (typeof VIEWS)[number];

export const VIEW_NAMES: Record<View, string> = {
  overview: "Overview",
  write: "Write",
  compare: "Compare",
  parity: "Parity",
  release: "Release",
};

/** A place to go to. What is left out stays as it is. */
export interface Place {
  view?: View;
  prompt?: string;
  fallback?: string;
}

/** Findings about outputs are looked at in Compare; everything else is settled where the text is written. */
const ABOUT_OUTPUTS = new Set(["never-run", "stale-run", "schema-broken", "inconclusive", "diverged"]);

export function placeOf(finding: Finding): Place {
  const place: Place = { view: ABOUT_OUTPUTS.has(finding.code) ? "compare" : "write", prompt: finding.prompt };
  if (finding.model !== null) place.fallback = finding.model;
  return place;
}

/** The fallback to show first: one that is behind, else the first that exists, else the first of the chain. */
export function firstFallback(row: OverviewRow | undefined): string | null {
  const fallbacks = row?.fallbacks ?? [];
  const first =
    fallbacks.find((state) => state.behind > 0) ??
    fallbacks.find((state) => state.version !== null) ??
    fallbacks[0];
  return first?.model ?? null;
}

/** The prompt to show first: the most urgent one. */
export function firstPrompt(overview: Overview): string | null {
  const urgent = overview.prompts.find((row) => row.standing === "error") ?? overview.prompts[0];
  return urgent?.prompt ?? null;
}

/** The prompts whose name, owner or badge holds every word of `filter`. */
export function filterPrompts(rows: OverviewRow[], filter: string): OverviewRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = `${row.prompt} ${row.owner} ${row.badge} ${row.policy}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
