import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ResumeForm, RunForm } from "../../src/state/quote.svelte";
import { Client } from "../../src/ipc";
import { entryOf } from "../fixtures/runs";
import { FakeWorkspace, refuse } from "../fixtures/workspace";
import { asked } from "../support";

let workspace: FakeWorkspace;
let client: Client;
const form = (choice = {}) => new RunForm(client, "support-triage", 14, "claude-sonnet", ["gpt-4o", "gemini-pro"], choice);
/** Lets what is under way arrive. */
const settled = () => vi.advanceTimersByTimeAsync(0);
/** Lets the choices rest. */
const rest = () => vi.advanceTimersByTimeAsync(150);
const quoted = async <T extends RunForm | ResumeForm>(one: T): Promise<T> => {
  one.ask();
  await settled();
  return one;
};

beforeEach(() => {
  vi.useFakeTimers();
  workspace = new FakeWorkspace();
  client = new Client(workspace);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("RunForm", () => {
  it("has a line for each model, and one more for each fallback that is given the primary's prompt", () => {
    const one = form();
    expect(one.rows.map((row) => `${row.model} ${row.passthrough}`)).toEqual([
      "claude-sonnet false",
      "gpt-4o false",
      "gpt-4o true",
      "gemini-pro false",
      "gemini-pro true",
    ]);
    one.passthrough = false;
    expect(one.rows).toHaveLength(3);
    one.toggle("gpt-4o");
    expect(one.chosen).toEqual(["claude-sonnet", "gemini-pro"]);
    one.toggle("gpt-4o");
    expect(one.chosen).toEqual(["claude-sonnet", "gpt-4o", "gemini-pro"]);
  });

  it("leaves out models without a key, and they cannot be ticked", () => {
    const one = form();
    one.without(workspace.models());
    expect(one.chosen).toEqual(["claude-sonnet", "gpt-4o"]);
    expect(one.keyless.get("gemini-pro")).toBe("GEMINI_API_KEY");
    one.toggle("gemini-pro");
    expect(one.chosen).toEqual(["claude-sonnet", "gpt-4o"]);
  });

  it("begins with what it was opened for", () => {
    const cell = form({ cases: ["refund-day-20"], models: ["gpt-4o"] });
    expect(cell.args).toMatchObject({ cases: ["refund-day-20"], models: ["gpt-4o"] });
    expect(form({ models: ["gpt-4o"] }).args).toMatchObject({ cases: [], models: ["gpt-4o"] });
    expect(form({ cases: ["a"] }).args).toMatchObject({ cases: ["a"], models: ["claude-sonnet", "gpt-4o", "gemini-pro"] });
  });

  it("takes ids and patterns apart at commas and blanks", () => {
    const one = form();
    one.scope = "named";
    one.named = " refund-*,  gdpr-export\n";
    expect(one.cases).toEqual(["refund-*", "gdpr-export"]);
    one.named = "  ";
    expect(one.blocked).toBe("Name a case.");
  });

  it("says unknown where a price is unknown, and never nothing", async () => {
    const one = await quoted(form());
    const line = (model: string, passthrough: boolean) => one.line({ model, passthrough, earlier: false });
    expect(line("gemini-pro", false)).toMatchObject({ price: null, likely_usd: null });
    expect(line("gpt-4o", true)?.likely_usd).toBeGreaterThan(0);
    expect(one.quote.value).toMatchObject({ likely_usd: null, at_most_usd: null });
  });

  it("keeps no limit where a price is unknown, and says which", async () => {
    const one = await quoted(form());
    one.limit = "0.50";
    expect(one.blocked).toContain("gemini-pro");
    one.toggle("gemini-pro");
    one.ask();
    await rest();
    await settled();
    expect(one.blocked).toBeNull();
    expect(one.args.max_cost_usd).toBe("0.50");
    for (const wrong of ["much", "1e3", "-1", "0", "1,5", "0.0000000000001"]) {
      one.limit = wrong;
      expect(one.limitProblem, wrong).not.toBeNull();
    }
    one.limit = "$ 2";
    expect(one.args.max_cost_usd).toBe("2");
  });

  it("asks once when choices come in a burst, and cannot be started meanwhile", async () => {
    const one = await quoted(form());
    one.repeat = 2;
    one.ask();
    one.repeat = 3;
    one.ask();
    expect(one.blocked).toBe("Working the price out…");
    await rest();
    await settled();
    expect(asked(workspace, "quote_run")).toHaveLength(2);
    expect(one.calls).toBe(14 * 5 * 3);
    expect(one.blocked).toBeNull();
  });

  it("drops an answer that was overtaken", async () => {
    const answers: ((value: unknown) => void)[] = [];
    const slow = vi.fn(() => new Promise((done) => answers.push(done)));
    const one = new RunForm(new Client({ invoke: slow, channel: () => null }), "p", 3, "a", []);
    const quote = (calls: number) => ({ lines: [{ model: "a", passthrough: false, earlier_turns: false, calls, price: null }] });
    one.ask();
    one.repeat = 2;
    one.ask();
    await rest();
    answers[1]?.(quote(6));
    await settled();
    answers[0]?.(quote(3));
    await settled();
    expect(one.calls).toBe(6);
    expect(one.stale).toBe(false);
  });

  it("shows why it cannot be run, and asks again when told to", async () => {
    const one = await quoted(form({ cases: ["no-such-case"] }));
    expect(one.quote.error?.message).toContain("no-such-case");
    expect(one.blocked).toBe("The price could not be worked out.");
    workspace.failing.set("quote_run", refuse("busy", "the file is locked"));
    one.scope = "all";
    one.again();
    await settled();
    expect(one.quote.error?.message).toBe("the file is locked");
    workspace.failing.clear();
    one.again();
    await settled();
    expect(one.blocked).toBeNull();
  });

  it("offers a handoff only where a case has earlier turns of the assistant", async () => {
    const one = await quoted(form());
    expect(one.handoffs).toBeGreaterThan(0);
    one.handoff = true;
    expect(one.args.handoff).toBe(true);
    one.ask();
    await rest();
    expect(one.rows.at(-1)).toEqual({ model: "claude-sonnet", passthrough: false, earlier: true });
    const none = await quoted(form({ cases: ["refund-day-20"] }));
    none.handoff = true;
    expect([none.handoffs, none.args.handoff]).toEqual([0, false]);
  });

  it("says what is missing before a price can be asked", () => {
    const one = form();
    one.chosen = [];
    expect(one.blocked).toBe("Choose a model.");
    one.repeat = 0;
    one.chosen = ["gpt-4o"];
    expect(one.blocked).toBe("Repeats go from 1 to 100.");
    workspace.keyless = new Set(["claude-sonnet", "gpt-4o", "gemini-pro"]);
    one.without(workspace.models());
    expect(one.blocked).toBe("No key of these models is here.");
    expect(new RunForm(client, "p", 0, "a", []).blocked).toBe("p has no cases yet.");
  });
});

describe("ResumeForm", () => {
  it("asks for the rest, and for the failed calls only when told to", async () => {
    workspace.runs.list = [entryOf({ run: "a", state: "unfinished", finished: 30, failed: 2 })];
    const one = await quoted(new ResumeForm(client, entryOf({ run: "a", finished: 30, failed: 2 }), false));
    expect(one.calls).toBe(12);
    one.retry = true;
    one.ask();
    await rest();
    await settled();
    expect(one.calls).toBe(14);
    expect(one.args).toEqual({ run: "a", retry_errors: true, max_cost_usd: null, ticket: one.ticket });
  });

  it("has nothing to do where nothing is left and nothing is tried again", () => {
    expect(new ResumeForm(client, entryOf({ failed: 2 }), false).blocked).toContain("Nothing is left");
  });
});
