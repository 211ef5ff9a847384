/**
 * The whole window over made-up documents, to look at. `?view=write&prompt=doc-summary&scenario=large&theme=dark`.
 * Scenarios: sample (default), large, empty, slow, broken, moved.
 */
import { mount } from "svelte";
import App from "../../src/App.svelte";
import "../../src/app.css";
import "../../src/fonts.css";
import { Client } from "../../src/ipc";
import { VIEWS } from "../../src/state/place";
import { Appearance } from "../../src/state/theme.svelte";
import { Workbench } from "../../src/state/workbench.svelte";
import { large } from "../fixtures/overview";
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
if (scenario === "running") workspace.delay = 5;
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
