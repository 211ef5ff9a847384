import { describe, expect, it } from "vitest";
import type { Pair, Row } from "../../src/ipc";
import { age, ago, amount, capital, cost, count, day, dollars, grouped, pace, percent, sentence, span } from "../../src/parts/format";
import { tokens } from "../../src/parts/highlight";
import { difference } from "../../src/parts/difference";
import { changedLines, estimatedTokens } from "../../src/state/draft";
import { callLines, fieldRows } from "../../src/state/fields";
import { hunks } from "../../src/state/hunks";
import { headline } from "../../src/state/outage";
import { properties } from "../../src/state/schema";
import { foldedRange, lineOf, timeline } from "../../src/state/timeline";
import { fields } from "../fixtures/differ";
import { overview } from "../fixtures/overview";
import { changes, tracks } from "../fixtures/triage";

/** With spaces that do not break. */
const tied = (text: string) => text.replace(/ /g, "\u00a0");
const loose = (text: string) => text.replace(/\u00a0/g, " ");

describe("format", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");

  it("tells ages, and does not make up one", () => {
    expect(age("2026-11-21T11:59:30Z", now)).toBe("now");
    expect(age("2026-11-21T11:46:00Z", now)).toBe("14 min");
    expect(age("2026-10-18T12:00:00Z", now)).toBe("34 d");
    expect(ago("2026-11-21T11:00:00Z", now)).toBe("1 hour ago");
    expect(age("soon", now)).toBe("–");
    expect(day("2027-02-19T09:00:00Z")).toBe("19 Feb 2027");
    expect(day("soon")).toBe("soon");
  });

  it("never rounds some to none or to all", () => {
    expect([percent(0), percent(0.003), percent(0.416), percent(0.998), percent(1)]).toEqual([
      "0 %",
      "< 1 %",
      "42 %",
      "> 99 %",
      "100 %",
    ].map(tied));
  });

  it("writes numbers for people", () => {
    expect([count(1, "case"), count(1204, "token"), grouped(1234567), dollars(0.0041), dollars(2.1)]).toEqual([
      "1 case",
      "1,204 tokens",
      "1,234,567",
      "$0.0041",
      "$2.10",
    ]);
  });
});

describe("what is estimated", () => {
  it("is never nothing where nobody knows", () => {
    expect([cost(null), amount(null), cost(0)]).toEqual(["unknown", "unknown", "$0.00"]);
  });

  it("adds up on the screen too", () => {
    expect([0.0184, 0.0138, 0.0138, 0.046].map(amount)).toEqual(["$0.018", "$0.014", "$0.014", "$0.046"]);
    expect([1.5, 0.0004, 12].map(amount)).toEqual(["$1.50", "$0.00040", "$12.00"]);
  });

  it("ends messages once", () => {
    expect(["out of quota", "See the plan.", "Why?", ""].map(sentence)).toEqual(["out of quota.", "See the plan.", "Why?", ""]);
    expect([capital("set it"), capital("")]).toEqual(["Set it", ""]);
  });

  it("tells spans and paces in the words people use", () => {
    expect([0.2, 8.4, 90, 3600, 4800].map(span)).toEqual(["1 s", "8 s", "2 min", "1 h", "1 h 20 min"]);
    expect([0.05, 0.9, 2.71, 128.4].map(pace)).toEqual(["3 a minute", "54 a minute", "2.7 a second", "128 a second"]);
  });
});

describe("drafts", () => {
  it("count the lines between the common beginning and end", () => {
    expect(changedLines("a\nb\nc", "a\nx\nc")).toBe(1);
    expect(changedLines("a\nb", "a\nb\nc\nd")).toBe(2);
    expect(changedLines("a\na\na", "a\na")).toBe(1);
    expect(changedLines("a", "a")).toBe(0);
  });

  it("estimate tokens by characters, not by bytes", () => {
    expect([estimatedTokens(""), estimatedTokens("abcde"), estimatedTokens("😀😀😀😀")]).toEqual([0, 2, 1]);
  });
});

describe("difference", () => {
  it("is the one stretch that differs, and turns the first text into the second", () => {
    for (const [before, after] of [
      ["a b c", "a x c"],
      ["aa", "aaa"],
      ["aaa", "aa"],
      ["", "x"],
      ["same", "same"],
      ["abc", "xyz"],
    ] as const) {
      const { from, to, insert } = difference(before, after);
      expect(before.slice(0, from) + insert + before.slice(to)).toBe(after);
    }
    expect(difference("a b c", "a x c")).toEqual({ from: 2, to: 3, insert: "x" });
  });
});

describe("the headline of an outage", () => {
  const outage = (fallback: number | null, passthrough: number | null) => ({
    ...(overview().outage as NonNullable<ReturnType<typeof overview>["outage"]>),
    fallback_share: fallback === null ? null : { held: fallback, of: 100 },
    passthrough_share: passthrough === null ? null : { held: passthrough, of: 100 },
  });

  it("is the fallback's loss where that is large, else what its variant saves", () => {
    expect(loose(headline(outage(58, 41)).title)).toBe("42 % of support-triage replies would break your schema");
    expect(loose(headline(outage(100, 41)).title)).toBe(
      "Without its own variant, 59 % of support-triage replies would break your schema",
    );
    expect(loose(headline(outage(100, null)).title)).toBe("No support-triage reply would break your schema");
    expect(loose(headline(outage(100, 100)).title)).toBe("No support-triage reply would break your schema");
  });

  it("does not claim what nobody has run, nor round a little to nothing", () => {
    expect(loose(headline(outage(null, 41)).title)).toContain("Nobody knows");
    expect(loose(headline({ ...outage(100, 0), fallback_share: { held: 999, of: 1000 } }).text)).toContain("under 1 %");
  });
});

describe("highlight", () => {
  const kinds = (line: string) => tokens(line).map((token) => `${token.kind}:${line.slice(token.from, token.to)}`);

  it("knows tags, headings and variables, and no comparison for a tag", () => {
    expect(kinds("<policy>Hello {{name}}</policy>")).toEqual(["tag:<policy>", "variable:{{name}}", "tag:</policy>"]);
    expect(kinds("## Rules for {{x}}")).toEqual(["heading:## Rules for {{x}}", "variable:{{x}}"]);
    expect(kinds("if a < b and c > d, #1")).toEqual([]);
    expect(kinds("{{unclosed")).toEqual([]);
    expect(tokens("<a>".repeat(2000))).toEqual([]);
  });
});

describe("hunks", () => {
  const row = (changed: boolean): Row => ({ left: null, right: null, changed });
  const shape = (rows: boolean[], context: number) =>
    hunks(rows.map(row), context).map((other) => (other === null ? "…" : other.changed ? "x" : "."));

  it("keep what changed with its neighbours and mark what lies between", () => {
    expect(shape([false, false, true, false, false, false, false, true], 1).join("")).toBe(".x.….x");
    expect(shape([false, false], 1)).toEqual([]);
    expect(shape([true, false, false], 0).join("")).toBe("x");
  });
});

describe("fields", () => {
  const side = (text: string) => ({ present: true, text }) as Pair["primary"];
  const pair = (left: string, right: string, naive: string): Pair =>
    ({
      primary: side(left),
      fallback: side(right),
      passthrough: side(naive),
      fields: fields(left, right),
      passthrough_fields: fields(left, naive),
    }) as Pair;

  it("put three outputs in one table by label, each keeping what only it has", () => {
    const rows = fieldRows(pair('{"a":"1","b":"2"}', '{"a":"1","c":"3"}', '{"a":"9","z":"4"}'));
    expect(rows.map((other) => other.label)).toEqual(["form", "a", "b", "z", "c"]);
    const text = (label: string) => {
      const found = rows.find((other) => other.label === label);
      return [found?.primary, found?.passthrough, found?.fallback].map(
        (other) => other?.pieces.map((piece) => piece.text).join("") ?? null,
      );
    };
    expect(text("a")).toEqual(["1", "9", "1"]);
    expect(text("b")).toEqual(["2", null, null]);
    expect(text("c")).toEqual([null, null, "3"]);
    expect(text("z")).toEqual([null, "4", null]);
  });

  it("tell remarks on the whole output from a field that happens to be called text", () => {
    const rows = fieldRows(pair('{"a":"1","text":"x"}', "prose only", '{"a":"1"}'));
    expect(rows.filter((other) => other.about).map((other) => other.label)).toEqual(["form", "text"]);
    expect(rows.filter((other) => other.label === "text")).toHaveLength(2);
  });

  it("show tool calls whatever their shape", () => {
    expect(callLines([{ name: "look", arguments: { id: "A-1", n: 2 } }])).toEqual(['look(id: "A-1", n: 2)']);
    expect(callLines([{ name: "look" }, { odd: 1 }, "x"])).toEqual(["look()", '{"odd":1}', '"x"']);
    expect([callLines(null), callLines({ a: 1 })]).toEqual([[], ['{"a":1}']]);
  });
});

describe("schema", () => {
  it("lists properties, and nothing where there are none", () => {
    const schema = {
      required: ["n"],
      properties: { n: { type: "integer", minimum: 1, maximum: 5 }, o: { type: ["string", "null"] } },
    };
    expect(properties(schema)).toEqual([
      { name: "n", type: "integer", required: true, note: "1 to 5" },
      { name: "o", type: "string or null", required: false, note: "" },
    ]);
    expect([properties(null), properties({ type: "string" }), properties([])]).toEqual([[], [], []]);
  });
});

describe("timeline", () => {
  const detail = { tracks: tracks(), changes: changes() } as Parameters<typeof timeline>[0];

  it("folds the synced beginning and never a gap", () => {
    const line = timeline(detail, false);
    expect(line?.folded.map((column) => column.version.number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(line?.columns.at(-1)?.cells.map((cell) => cell.state)).toEqual(["unmatched", "unmatched"]);
    const old = changes().map((change) => (change.version === 3 ? { ...change, state: "unmatched" as const } : change));
    expect(timeline({ ...detail, changes: old }, false)?.folded.map((column) => column.version.number)).toEqual([1, 2]);
    expect(timeline(detail, true)?.folded).toEqual([]);
  });

  it("names the versions inside the fold", () => {
    const line = timeline(detail, false);
    if (line == null) throw new Error("no timeline");
    const [gpt, gemini] = line.fallbacks;
    expect(foldedRange(line.folded, line.primary, null)).toBe("v1 to v7");
    expect(gpt && foldedRange(line.folded, gpt, 0)).toBe("v1 to v5");
    expect(gemini && foldedRange(line.folded, gemini, 1)).toBe("v1 to v2");
  });

  it("draws the loudest line that passes a cell, and an edit of its own where it fell in time", () => {
    const line = timeline(detail, false);
    const column = (number: number) => line?.columns.find((other) => other.version.number === number);
    const [eleven, twelve] = [column(11), column(12)];
    expect(twelve && [lineOf(twelve, 0), lineOf(twelve, 1), lineOf(twelve, 2)]).toEqual(["behind", "behind", null]);
    expect(eleven && [eleven.cells[0]?.state, lineOf(eleven, 1)]).toEqual(["waived", "matched"]);
    expect(eleven?.cells[1]?.own).toEqual([7]);
  });

  it("stands without any fallback, and not without a primary", () => {
    expect(timeline({ ...detail, tracks: tracks().slice(0, 1) }, false)?.fallbacks).toEqual([]);
    expect(timeline({ ...detail, tracks: [] }, false)).toBeNull();
  });
});
