/** The two comparisons of a pair laid into one table of three columns. Pure. */
import type { JsonValue, OutputView, Pair, Row, Side } from "../ipc";

/** One field on all three sides; `null`: the field is missing there. */
export interface FieldRow {
  key: string;
  label: string;
  primary: Side | null;
  passthrough: Side | null;
  fallback: Side | null;
  changed: boolean;
  /** About the output as a whole (its form, the prose around it), not one of its fields: nothing can be missing. */
  about: boolean;
}

/** What the engine says of an output before its fields; they stand first, in this order. */
const ABOUT = ["form", "text", "prose"];

/**
 * Rows of primary and fallback, with the passthrough's values put in by label. A field that only the passthrough has
 * comes after the field it follows there.
 */
export function fieldRows(pair: Pair): FieldRow[] {
  const rows: FieldRow[] = keyed(pair.fields?.rows ?? []).map(([key, row]) => ({
    key,
    label: row.label ?? "",
    primary: row.left,
    passthrough: null,
    fallback: row.right,
    changed: row.changed,
    about: false,
  }));
  let after = -1;
  for (const [key, row] of keyed(pair.passthrough_fields?.rows ?? [])) {
    const at = rows.findIndex((other) => other.key === key);
    const known = rows[at];
    if (known !== undefined) {
      known.passthrough = row.right;
      after = at;
    } else if (row.right !== null) {
      after++;
      rows.splice(after, 0, {
        key,
        label: row.label ?? "",
        primary: row.left,
        passthrough: row.right,
        fallback: null,
        changed: true,
        about: false,
      });
    }
  }
  // A field may be called `text` too: only what stands before the first other label is about the whole.
  const first = rows.findIndex((row) => !ABOUT.includes(row.label));
  return rows.map((row, at) => ({ ...row, about: first < 0 || at < first }));
}

/** A label can come twice, and lines of plain text have none after the first. */
function keyed(rows: Row[]): [string, Row][] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const label = row.label ?? "";
    const times = seen.get(label) ?? 0;
    seen.set(label, times + 1);
    return [`${label}#${times}`, row];
  });
}

/** Calls as people write them: `lookup_order(order_id: "A-20991")`. Unknown shapes are shown as they are. */
export function callLines(calls: JsonValue): string[] {
  if (!Array.isArray(calls)) return calls === null ? [] : [JSON.stringify(calls)];
  return calls.map((call) => {
    if (call === null || typeof call !== "object" || Array.isArray(call)) return JSON.stringify(call);
    const { name, arguments: given } = call;
    if (typeof name !== "string") return JSON.stringify(call);
    if (given === null || typeof given !== "object" || Array.isArray(given))
      return given === undefined ? `${name}()` : `${name}(${JSON.stringify(given)})`;
    const parts = Object.entries(given).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    return `${name}(${parts.join(", ")})`;
  });
}

/** What is wrong with how an output ended; `null` for an ordinary end. */
export function ending(output: OutputView): { level: "error" | "warning"; text: string } | null {
  switch (output.finish) {
    case "length":
    case "max_tokens":
    case "MAX_TOKENS":
      return { level: "warning", text: "cut off at the token limit" };
    case "refusal":
    case "content_filter":
    case "SAFETY":
      return { level: "error", text: "refused" };
    default:
      return null;
  }
}
