import { describe, expect, it } from "vitest";
import { filterPrompts, firstFallback, firstPrompt, placeOf, wayOut } from "../../src/state/place";
import { finding, overview } from "../fixtures/overview";

describe("placeOf", () => {
  it("leads to where the finding is settled", () => {
    expect(placeOf(finding("unmatched-change", { model: "gpt-4o" }))).toEqual({
      view: "write",
      prompt: "support-triage",
      fallback: "gpt-4o",
    });
    expect(placeOf(finding("schema-broken", { model: "gpt-4o" })).view).toBe("compare");
    expect(placeOf(finding("primary-only"))).toEqual({ view: "write", prompt: "support-triage" });
  });

  it("speaks of the command line only for codes it does not know", () => {
    expect(wayOut(finding("stale-run", { help: "understudy run x" }))).not.toContain("understudy");
    expect(wayOut({ ...finding("stale-run", { help: "understudy x" }), code: "new-code" as never })).toBe("understudy x");
  });
});

describe("what is shown first", () => {
  it("is the prompt with an error, and its fallback that is behind", () => {
    const page = overview();
    expect(firstPrompt(page)).toBe("support-triage");
    const row = page.prompts[3];
    expect(firstFallback(row)).toBe("gpt-4o");
    if (row?.fallbacks[0]) row.fallbacks[0].behind = 0;
    expect(firstFallback(row)).toBe("gemini-pro");
  });

  it("is nothing where there is nothing", () => {
    expect(firstPrompt({ ...overview(), prompts: [] })).toBeNull();
    expect(firstFallback(overview().prompts.find((row) => row.prompt === "release-notes"))).toBeNull();
  });
});

describe("filterPrompts", () => {
  const names = (filter: string) => filterPrompts(overview().prompts, filter).map((row) => row.prompt);

  it("wants every word, in name, owner, badge or policy", () => {
    expect(names("DOC")).toEqual(["doc-summary", "release-notes"]);
    expect(names("docs relaxed")).toEqual(["doc-summary"]);
    expect(names("behind")).toEqual(["support-triage"]);
    expect(names("  ")).toHaveLength(4);
    expect(names("nothing")).toEqual([]);
  });
});
