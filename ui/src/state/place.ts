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

/** What to do about a finding in this window. The finding's own help speaks of the command line. */
export function wayOut(finding: Finding): string {
  switch (finding.code) {
    case "unmatched-change":
      return "Carry it over and save it as the answer, link the version that answers it already, or waive it.";
    case "waiver-expired":
      return "Carry the change over now, or waive it anew with a reason.";
    case "fallback-missing":
      return "Write the first version of the fallback in Write.";
    case "unknown-variable":
      return "Give the variable in those cases, or take it out of the text.";
    case "schema-broken":
      return "Look at the pairs in Compare, then tune the fallback, or accept it for a time.";
    case "never-run":
    case "stale-run":
      return "Run the cases, or import outputs of these versions.";
    case "same-as-primary":
      return "Compare the answers, then tune the text for this model.";
    case "max-output-tokens":
      return "Set the most output tokens to those of the primary or fewer, under File.";
    case "primary-only":
      return "Nothing to do now; the policy says why and until when.";
    default:
      return finding.help;
  }
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
