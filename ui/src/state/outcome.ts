/** How a run ended and what to do next, in words. Pure. */
import type { RunCell, RunEntry, RunStop, RunSummary } from "../ipc";

export type Level = "good" | "warning" | "error";

/** What a person can do about it. */
export type Way = "resume" | "retry" | "compare" | "settings" | "write";

export interface Remark {
  level: Level;
  text: string;
  /** The way out in a sentence; empty where there is nothing to do. */
  help: string;
  way: Way | null;
}

export interface Outcome {
  level: Level;
  /** The whole in a few words: `118 answers stored`. */
  title: string;
  /** What is worth knowing, most urgent first. */
  remarks: Remark[];
}

const many = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

export function outcomeOf(summary: RunSummary, failures: readonly RunCell[]): Outcome {
  const remarks = [
    ...summary.stops.map((stop) => stopped(stop, summary.left)),
    ...(summary.left > 0 && summary.stops.length === 0
      ? [remark("warning", `${summary.left} left`, "Resuming asks for exactly these.", "resume")]
      : []),
    ...(summary.failed > 0 ? failed(summary.failed, failures) : []),
    ...(summary.unmet > 0
      ? [
          remark(
            "warning",
            `${many(summary.unmet, "answer")} ${summary.unmet === 1 ? "does" : "do"} not hold what the case expects`,
            "The cases say what they expect; Compare shows the answers.",
            "compare",
          ),
        ]
      : []),
    ...(summary.cached > 0
      ? [remark("good", `${summary.cached} taken from earlier runs`, "The very same request had been answered before.", null)]
      : []),
    ...(summary.unpriced > 0
      ? [
          remark(
            "warning",
            `cost of ${many(summary.unpriced, "call")} unknown`,
            "Give the model a price in the settings.",
            "settings",
          ),
        ]
      : []),
  ];
  const level = remarks.some((one) => one.level === "error")
    ? "error"
    : remarks.some((one) => one.level === "warning")
      ? "warning"
      : "good";
  return { level, title: `${many(summary.finished - summary.failed, "answer")} stored`, remarks };
}

function remark(level: Level, text: string, help: string, way: Way | null): Remark {
  return { level, text, help, way };
}

function stopped(stop: RunStop, left: number): Remark {
  switch (stop.why) {
    case "cancelled":
      return remark("warning", `cancelled, ${left} left`, "What is finished is kept; resuming does the rest.", "resume");
    case "max_cost":
      return remark(
        "warning",
        `stopped at the cost limit, ${left} left`,
        "The next call could have cost more than was allowed. Resume with a new limit.",
        "resume",
      );
    case "endpoint":
      return remark(
        "error",
        `${stop.model} takes nothing more, ${left} left: ${stop.message}`,
        "Wait, or see to the provider’s limits; then resume.",
        "resume",
      );
  }
}

/** What failed, by kind, and the way out of each; the retry stands first because it is what most want. */
function failed(count: number, failures: readonly RunCell[]): Remark[] {
  const kinds = new Map<string, RunCell[]>();
  for (const failure of failures) {
    const kind = failure.kind ?? "";
    kinds.set(kind, [...(kinds.get(kind) ?? []), failure]);
  }
  const [most] = [...kinds.entries()].sort((a, b) => b[1].length - a[1].length);
  const models = [...new Set((most?.[1] ?? []).map((failure) => failure.model))].join(", ");
  const way = most === undefined ? null : wayOutOf(most[0], models);
  return [
    remark("error", `${count} failed`, way?.help ?? "Details say why.", "retry"),
    ...(way === null || way.way === null ? [] : [remark("error", way.text, way.help, way.way)]),
  ];
}

/** What a kind of failure asks for. Kinds that pass by themselves have no way of their own: trying again is one. */
export function wayOutOf(kind: string, models: string): { text: string; help: string; way: Way | null } {
  const of = models === "" ? "" : ` of ${models}`;
  switch (kind) {
    case "no_key":
      return { text: "no key", help: `Set the key${of} in the environment this window is started from.`, way: "settings" };
    case "unauthorized":
    case "forbidden":
      return { text: "the key was refused", help: `Check the key${of}; the settings can test it.`, way: "settings" };
    case "not_found":
    case "redirect":
    case "bad_settings":
    case "unsupported_wire":
      return { text: "nothing there", help: `Check id and address${of} in the settings.`, way: "settings" };
    case "payment":
      return { text: "out of credit", help: `The account${of} has no credit or quota left; waiting does not help.`, way: null };
    case "bad_request":
      return {
        text: "the request was refused",
        help: `The provider${of} refuses what the variant sends; the sentence says what. Change it in Write.`,
        way: "write",
      };
    case "render":
      return { text: "the prompt could not be filled in", help: "A variable is missing in these cases.", way: "write" };
    default:
      return { text: "", help: "These often pass: try the failed calls again.", way: null };
  }
}

/** How a run of the list stands, in a few words. */
export function standingOf(entry: RunEntry): { level: Level | "apart"; text: string } {
  const left = entry.cells - entry.finished;
  if (!entry.live) return { level: "apart", text: "recorded elsewhere" };
  if (entry.state === "going") return { level: "apart", text: "under way" };
  if (entry.state === "unfinished") return { level: "warning", text: `${left} left` };
  if (entry.failed > 0) return { level: "error", text: `${entry.failed} failed` };
  return { level: "good", text: "finished" };
}
