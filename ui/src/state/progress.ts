/** What the events of a run add up to: counts, pace, time left, what streams in and who waits. Pure. */
import type { RunCell, RunDelta, RunEvent, RunSummary } from "../ipc";

/** A reply on its way. No output yet: it can still break. */
export interface Stream {
  case: string;
  model: string;
  repeat: number;
  passthrough: boolean;
  text: string;
  /** Its cell is committed: the stored output is about to take its place. */
  done: boolean;
}

/** Calls to a model that wait. */
export interface Hold {
  model: string;
  kind: string;
  /** Until when, in milliseconds since 1970. */
  until: number;
}

export interface Progress {
  run: string | null;
  cells: number;
  /** Finished before this go began. */
  before: number;
  /** With an output or an error. */
  finished: number;
  /** Those with an error. */
  failed: number;
  /** Outputs of this go that left an expectation unmet. */
  unmet: number;
  /** Outputs of this go taken from earlier runs. */
  cached: number;
  /** What is known to be spent in this go, and how many calls came without a known price. */
  spent: number;
  unpriced: number;
  /** Seconds of this go, as of the latest event. */
  elapsed: number;
  /** Where the counts stood in the last seconds: what the pace is read from. */
  marks: readonly { elapsed: number; finished: number }[];
  holds: readonly Hold[];
  /** The latest failures, newest last. */
  failures: readonly RunCell[];
  streams: ReadonlyMap<string, Stream>;
  summary: RunSummary | null;
}

const KEPT_FAILURES = 50;
/** The pace of the last so many seconds counts: what was an hour ago says nothing of what is left. */
const PACE_WINDOW = 10;

export const NO_PROGRESS: Progress = {
  run: null,
  cells: 0,
  before: 0,
  finished: 0,
  failed: 0,
  unmet: 0,
  cached: 0,
  spent: 0,
  unpriced: 0,
  elapsed: 0,
  marks: [],
  holds: [],
  failures: [],
  streams: new Map(),
  summary: null,
};

type CellName = Pick<RunDelta, "case" | "model" | "repeat" | "passthrough">;
const nameOf = (cell: CellName) => `${cell.case}\n${cell.model}\n${cell.passthrough}\n${cell.repeat}`;

/** Adds a group of events. `now` is in milliseconds since 1970: waits are told as seconds from their event. */
export function fold(progress: Progress, events: readonly RunEvent[], now: number): Progress {
  let next = progress;
  // Copied once a group, not once an event: replies come in hundreds of pieces.
  let streams: Map<string, Stream> | null = null;
  const copied = () => (streams ??= new Map(next.streams));
  for (const event of events) {
    switch (event.event) {
      case "started":
        streams = null;
        next = {
          ...NO_PROGRESS,
          run: event.run,
          cells: event.cells,
          before: event.finished,
          finished: event.finished,
        };
        break;
      case "delta": {
        const name = nameOf(event);
        const before = event.restart ? "" : (copied().get(name)?.text ?? "");
        const { case: item, model, repeat, passthrough } = event;
        copied().set(name, { case: item, model, repeat, passthrough, text: before + event.text, done: false });
        break;
      }
      case "held": {
        const others = next.holds.filter((hold) => hold.model !== event.model);
        const hold = { model: event.model, kind: event.kind, until: now + event.seconds * 1000 };
        next = { ...next, holds: [...others, hold] };
        break;
      }
      case "cell": {
        const name = nameOf(event);
        const stream = copied().get(name);
        if (stream !== undefined && event.state === "output") copied().set(name, { ...stream, done: true });
        else copied().delete(name);
        next = withCell(next, event);
        break;
      }
      case "summary":
        streams = new Map();
        next = {
          ...next,
          run: event.run,
          cells: event.cells,
          finished: event.finished,
          failed: event.failed,
          unmet: event.unmet,
          cached: event.cached,
          spent: event.spent_usd,
          unpriced: event.unpriced,
          elapsed: event.seconds,
          holds: [],
          summary: event,
        };
    }
  }
  return streams === null ? next : { ...next, streams };
}

/** Counts never go back: events of parallel cells may arrive out of order. */
function withCell(progress: Progress, event: RunCell): Progress {
  const finished = Math.max(progress.finished, event.finished);
  const elapsed = Math.max(progress.elapsed, event.elapsed_seconds);
  const recent = progress.marks.filter((mark) => elapsed - mark.elapsed <= PACE_WINDOW);
  const last = recent.at(-1);
  // Marks closer than a tenth of a second apart would only make the list long.
  const marks =
    last !== undefined && elapsed - last.elapsed < 0.1 && recent.length > 1
      ? [...recent.slice(0, -1), { elapsed, finished }]
      : [...recent, { elapsed, finished }];
  // A cell that neither came from the cache nor has a cost was asked at an unknown price.
  const unpriced = event.cost_usd === null && !event.cached && event.tries > 0 && event.state === "output";
  return {
    ...progress,
    cells: event.cells,
    finished,
    elapsed,
    marks,
    failed: Math.max(progress.failed, event.failed),
    spent: Math.max(progress.spent, event.spent_usd),
    unpriced: progress.unpriced + (unpriced ? 1 : 0),
    unmet: progress.unmet + (event.unmet > 0 ? 1 : 0),
    cached: progress.cached + (event.cached ? 1 : 0),
    failures: event.state === "error" ? [...progress.failures, event].slice(-KEPT_FAILURES) : progress.failures,
  };
}

/** The same without the streams of these cases whose outputs are stored by now. */
export function settle(progress: Progress, cases: readonly string[]): Progress {
  const kept = [...progress.streams].filter(([, stream]) => !stream.done || !cases.includes(stream.case));
  return kept.length === progress.streams.size ? progress : { ...progress, streams: new Map(kept) };
}

/** Cells a second; `null` while too little has happened to say. */
export function paceOf(progress: Progress): number | null {
  const [first] = progress.marks;
  const last = progress.marks.at(-1);
  if (first === undefined || last === undefined) return null;
  const [cells, seconds] =
    last.elapsed - first.elapsed >= 1
      ? [last.finished - first.finished, last.elapsed - first.elapsed]
      : [progress.finished - progress.before, progress.elapsed];
  return cells < 2 || seconds < 0.5 ? null : cells / seconds;
}

/** Seconds to the end at the present pace; `null` while nobody can say. */
export function timeLeft(progress: Progress): number | null {
  const pace = paceOf(progress);
  return pace === null || pace <= 0 ? null : (progress.cells - progress.finished) / pace;
}

/** Those that still wait. */
export function holdsAt(progress: Progress, now: number): Hold[] {
  return progress.holds.filter((hold) => hold.until > now);
}

const WHY_HELD: Record<string, string> = {
  rate_limited: "rate limited",
  overloaded: "overloaded",
  server: "the provider failed",
  timeout: "no answer in time",
  connect: "not reachable",
  reset: "the connection broke",
};

/** `openai waits 12 s: rate limited`. */
export function holdText(hold: Hold, now: number): string {
  const seconds = Math.max(1, Math.ceil((hold.until - now) / 1000));
  return `${hold.model} waits ${seconds} s: ${WHY_HELD[hold.kind] ?? hold.kind.replaceAll("_", " ")}`;
}

/** The reply on its way to a cell of the pair in sight; of several repeats the first. */
export function streamOf(
  progress: Progress,
  cell: { case: string; model: string; passthrough: boolean },
): Stream | null {
  let found: Stream | null = null;
  for (const stream of progress.streams.values())
    if (
      stream.case === cell.case &&
      stream.model === cell.model &&
      stream.passthrough === cell.passthrough &&
      (found === null || stream.repeat < found.repeat)
    )
      found = stream;
  return found;
}
