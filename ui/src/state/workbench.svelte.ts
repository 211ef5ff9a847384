/** The whole window: which view of which prompt is shown, and what the views share. */
import type { About, Client, Overview, OverviewRow } from "../ipc";
import { CompareState } from "./compare.svelte";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";
import { Notices, type Notice } from "./notices.svelte";
import { type Item, Palette } from "./palette.svelte";
import { ParityState } from "./parity.svelte";
import { firstFallback, firstPrompt, type Place, type View, VIEW_NAMES, VIEWS } from "./place";
import { ReleaseState } from "./release.svelte";
import { RunForm, RunState } from "./run.svelte";
import type { Appearance } from "./theme.svelte";
import { WriteState } from "./write.svelte";

export class Workbench implements Frame {
  readonly client: Client;
  readonly appearance: Appearance;
  readonly notices = new Notices();
  readonly palette = new Palette();
  readonly write: WriteState;
  readonly compare: CompareState;
  readonly parity: ParityState;
  readonly release: ReleaseState;
  readonly run: RunState;
  overview = new Load<Overview>();
  about = new Load<About>();
  view = $state<View>("overview");
  prompt = $state<string | null>(null);
  fallback = $state<string | null>(null);
  filter = $state("");
  /** A place the person wants to go to while a draft would be lost. */
  leaving = $state.raw<Place | null>(null);

  constructor(client: Client, appearance: Appearance) {
    this.client = client;
    this.appearance = appearance;
    this.write = new WriteState(this);
    this.compare = new CompareState(this);
    this.parity = new ParityState(this);
    this.release = new ReleaseState(this);
    this.run = new RunState(this);
  }

  row: OverviewRow | null = $derived(
    this.overview.value?.prompts.find((row) => row.prompt === this.prompt) ?? null,
  );

  async start(): Promise<void> {
    const [overview] = await Promise.all([
      this.overview.run(() => this.client.call("overview")),
      this.about.run(() => this.client.call("about")),
    ]);
    if (overview !== null && this.prompt === null) {
      this.prompt = firstPrompt(overview);
      this.fallback = firstFallback(this.row ?? undefined);
    }
  }

  say(text: string, tone: Notice["tone"] = "good"): void {
    this.notices.say(text, tone);
  }

  async changed(): Promise<void> {
    await this.overview.run(() => this.client.call("overview"));
    await this.enter();
  }

  go(place: Place): void {
    if (this.write.dirty && this.#leaves(place)) this.leaving = place;
    else this.#arrive(place);
  }

  stay(): void {
    this.leaving = null;
  }

  /** Gives the draft up and goes where the person wanted to. */
  leave(): void {
    const place = this.leaving;
    this.leaving = null;
    this.write.discard();
    if (place !== null) this.#arrive(place);
  }

  /** Loads what the view in sight shows. */
  async enter(): Promise<void> {
    const { row, fallback } = this;
    if (this.view === "release") return this.release.open(this.#folder());
    if (row === null) return;
    if (this.view === "write") return this.write.open(row, fallback);
    if (this.view === "compare") return this.compare.open(row.prompt, fallback);
    if (this.view === "parity") return this.parity.open(row.prompt, fallback);
  }

  openRun(): void {
    const row = this.row;
    if (row === null || this.run.running) return;
    const fallbacks = row.fallbacks.filter((state) => state.version !== null).map((state) => state.model);
    void this.run.open(new RunForm(row.prompt, row.cases, row.primary?.model ?? null, fallbacks));
  }

  openPalette(): void {
    this.palette.open(this.#items());
  }

  /** Drafts live in the Write view's two panes: another view keeps them, another prompt or fallback would not. */
  #leaves(place: Place): boolean {
    const prompt = place.prompt ?? this.prompt;
    if (prompt !== this.prompt) return true;
    const fallback = place.fallback ?? this.fallback;
    return fallback !== this.fallback && this.write.fallback.dirty;
  }

  #arrive(place: Place): void {
    if (place.prompt !== undefined && place.prompt !== this.prompt) {
      this.prompt = place.prompt;
      this.fallback = firstFallback(this.row ?? undefined);
    }
    if (place.fallback !== undefined && this.row?.fallbacks.some((state) => state.model === place.fallback))
      this.fallback = place.fallback;
    if (place.view !== undefined) this.view = place.view;
    // A prompt chosen where no prompt is shown is opened where it is written.
    else if (place.prompt !== undefined && (this.view === "overview" || this.view === "release"))
      this.view = "write";
    void this.enter();
  }

  #folder(): string {
    const path = this.about.value?.workspace ?? "";
    const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
    return cut > 0 ? path.slice(0, cut) : "";
  }

  #items(): Item[] {
    const actions: Item[] = [];
    const act = (id: string, title: string, run: () => void, key?: string) =>
      actions.push({ id, title, kind: "action", run, ...(key === undefined ? {} : { key }) });
    if (this.write.dirty)
      act("save", `Save ${this.write.active.model ?? ""}`, () => this.#saveFromAnywhere(), "Ctrl S");
    if (this.row !== null && this.row.primary !== null && !this.run.running)
      act("run", `Run the cases of ${this.row.prompt}`, () => this.openRun());
    if (this.run.running) act("cancel", "Cancel the run", () => void this.run.cancel());
    act(
      "theme",
      this.appearance.theme === "light" ? "Use the dark theme" : "Use the light theme",
      () => this.appearance.toggle(),
    );
    const views = VIEWS.map((view, place) => ({
      id: `view-${view}`,
      title: VIEW_NAMES[view],
      kind: "view",
      key: `Ctrl ${place + 1}`,
      run: () => this.go({ view }),
    }));
    const fallbacks = (this.row?.fallbacks ?? [])
      .filter((state) => state.model !== this.fallback)
      .map((state) => ({
        id: `fallback-${state.model}`,
        title: state.model,
        kind: `fallback of ${this.prompt ?? ""}`,
        run: () => this.go({ fallback: state.model }),
      }));
    const prompts = (this.overview.value?.prompts ?? []).map((row) => ({
      id: `prompt-${row.prompt}`,
      title: row.prompt,
      kind: "prompt",
      run: () => this.go({ prompt: row.prompt }),
    }));
    return [...views, ...actions, ...fallbacks, ...prompts];
  }

  #saveFromAnywhere(): void {
    this.go({ view: "write" });
    this.write.save();
  }
}
