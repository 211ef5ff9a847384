/**
 * The whole window over made-up documents, to look at. `?view=write&prompt=doc-summary&scenario=large&theme=dark`.
 * Scenarios: sample (default), large, empty, slow, broken, moved; streaming (a run that stands still in the middle),
 * running (one that goes on), partly (failures, unmet expectations), limit, endpoint, cached, lost (findings in the
 * quote), unfinished (runs to be finished), attached (a run taken up again).
 */
import { mount } from "svelte";
import App from "../../src/App.svelte";
import "../../src/app.css";
import "../../src/fonts.css";
import { Client } from "../../src/ipc";
import { VIEWS } from "../../src/state/place";
import { Appearance } from "../../src/state/theme.svelte";
import { Workbench } from "../../src/state/workbench.svelte";
import { finding, large } from "../fixtures/overview";
import { entryOf, lossOf } from "../fixtures/runs";
import { FakeWorkspace, refuse } from "../fixtures/workspace";

const query = new URLSearchParams(location.search);
const scenario = query.get("scenario") ?? "sample";
const theme = query.get("theme");
if (theme !== null) localStorage.setItem("understudy.theme", theme);

const workspace = new FakeWorkspace();
if (scenario === "large") workspace.page = large();
if (scenario === "empty") workspace.page = { ...workspace.page, prompts: [], next: [], outage: null, last_output: null };
if (scenario === "slow") workspace.delay = 600_000;
if (scenario === "broken")
  for (const name of ["prompt_detail", "variant", "comparisons", "parity", "release", ...(query.has("all") ? ["overview"] : [])])
    workspace.failing.set(name, refuse("io", "workspace.understudy: disk I/O error while reading page 41"));
if (scenario === "moved") workspace.failing.set("save_version", refuse("head_moved", "gpt-4o is at v9 now"));
const { runs } = workspace;
if (scenario === "streaming") runs.script = { ...runs.script, freeze: true, held: 1, pieces: 8 };
if (scenario === "running") runs.script = { ...runs.script, pause: 120, pieces: 12 };
if (scenario === "partly") runs.script = { ...runs.script, failing: 7, unmet: 3 };
if (scenario === "limit") runs.script = { ...runs.script, stop: { after: 30, why: { why: "max_cost" } } };
if (scenario === "endpoint")
  runs.script = {
    ...runs.script,
    stop: { after: 20, why: { why: "endpoint", model: "gpt-4o", message: "You exceeded your current quota, please check your plan and billing details" } },
  };
if (scenario === "cached") runs.script = { ...runs.script, cached: 28 };
if (scenario === "lost") runs.losses = [...lossOf("gpt-4o"), finding("parameter-lost", { level: "warning", model: "gpt-4o", message: "gpt-4o: top_k 40 does not reach it, its API knows no such parameter", help: "remove it, or set what comes closest" })];
if (scenario === "unfinished" || query.has("unfinished"))
  runs.list = [
    entryOf({ run: "a", state: "unfinished", finished: 30, failed: 1, spent_usd: 0.096 }),
    entryOf({ run: "b", prompt: "doc-summary", at: "2026-11-20T16:02:00Z", cells: 72, finished: 72, failed: 3, spent_usd: 0.31 }),
    entryOf({ run: "c", at: "2026-11-18T10:00:00Z", repeat: 5, cells: 210, finished: 210, spent_usd: 0.52, unpriced: 14, models: ["claude-sonnet", "gpt-4o", "gemini-pro"] }),
    entryOf({ run: "d", at: "2026-11-02T10:00:00Z", live: false, cells: 42, finished: 42, spent_usd: 0 }),
  ];
if (scenario === "attached") runs.live = [{ run: "a", prompt: "support-triage" }];
if (query.has("keyless")) workspace.keyless = new Set(workspace.page.models);
if (query.has("allkeys")) workspace.keyless = new Set();
if (query.has("refusing")) workspace.refusing = new Set(["claude-sonnet"]);
if (query.has("keys")) workspace.keys = [{ name: "release", keyid: "7f3a91c0d25b8e64".padEnd(64, "0") }];
if (query.has("settled"))
  workspace.changes = workspace.changes.map((change) =>
    change.state === "unmatched" ? { ...change, state: "matched", with: 8 } : change,
  );

const bench = new Workbench(new Client(workspace), new Appearance(document.documentElement));
const target = document.getElementById("app");
if (target !== null) mount(App, { target, props: { bench } });
Object.assign(window, { bench, workspace });
await (scenario === "slow" ? (void bench.start(), Promise.resolve()) : bench.start());
const view = VIEWS.find((other) => other === query.get("view"));
const prompt = query.get("prompt");
const fallback = query.get("fallback");
bench.go({
  ...(view === undefined ? {} : { view }),
  ...(prompt === null ? {} : { prompt }),
  ...(fallback === null ? {} : { fallback }),
});
