/** The whole window: which view of which prompt is shown, and what the views share. */
import { CallError, type About, type Client, type LiveRun, type Overview, type OverviewRow } from "../ipc";
import { CompareState } from "./compare.svelte";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";
import { Notices, type Notice } from "./notices.svelte";
import { type Item, Palette } from "./palette.svelte";
import { ParityState } from "./parity.svelte";
import { firstFallback, firstPrompt, type Place, type View, VIEW_NAMES, VIEWS } from "./place";
import { type Stream, streamOf } from "./progress";
import { ReleaseState } from "./release.svelte";
import type { Choice } from "./quote.svelte";
import { RunState } from "./run.svelte";
import { type Offer, RunsState } from "./runs.svelte";
import { SettingsState } from "./settings.svelte";
import type { Appearance } from "./theme.svelte";
import { WriteState } from "./write.svelte";

/** Replies on their way to the pair in sight, and whose they are. */
export interface Streams {
  primary: Stream | null;
  passthrough: Stream | null;
  fallback: Stream | null;
  models: { primary: string; passthrough: string; fallback: string };
}

export class Workbench implements Frame {
  readonly client: Client;
  readonly appearance: Appearance;
  readonly notices = new Notices();
  readonly palette = new Palette();
  readonly write: WriteState;
  readonly compare: CompareState;
  readonly parity: ParityState;
  readonly release: ReleaseState;
  readonly settings: SettingsState;
  readonly run: RunState;
  readonly runs: RunsState;
  overview = new Load<Overview>();
  about = new Load<About>();
  view = $state<View>("overview");
  prompt = $state<string | null>(null);
  fallback = $state<string | null>(null);
  filter = $state("");
  /** A place the person wants to go to while a draft would be lost. */
  leaving = $state.raw<Place | null>(null);
  /** Runs that are under way while the person closes the window. */
  closing = $state.raw<LiveRun[] | null>(null);

  constructor(client: Client, appearance: Appearance) {
    this.client = client;
    this.appearance = appearance;
    this.write = new WriteState(this);
    this.compare = new CompareState(this);
    this.parity = new ParityState(this);
    this.release = new ReleaseState(this);
    this.settings = new SettingsState(this);
    this.run = new RunState(this, this.settings.models);
    this.runs = new RunsState(this);
  }

  row: OverviewRow | null = $derived(
    this.overview.value?.prompts.find((row) => row.prompt === this.prompt) ?? null,
  );

  /** Runs worth finishing, but for the one whose end is in sight anyway. */
  offers: Offer[] = $derived.by(() =>
    this.runs.offers.filter((offer) => !this.run.shown || offer.entry.run !== this.run.progress.run),
  );

  offerOf(prompt: string | null): Offer | null {
    return this.offers.find((offer) => offer.entry.prompt === prompt) ?? null;
  }

  /** What streams into the pair in sight; `null` when nothing does. */
  streams: Streams | null = $derived.by(() => {
    const { progress, prompt } = this.run;
    const [name, fallback, primary] = [this.compare.selected, this.fallback, this.row?.primary?.model];
    if (progress.streams.size === 0 || prompt !== this.prompt) return null;
    if (name === null || fallback === null || primary === undefined) return null;
    const of = (model: string, passthrough: boolean) => streamOf(progress, { case: name, model, passthrough });
    const found = { primary: of(primary, false), passthrough: of(fallback, true), fallback: of(fallback, false) };
    if (found.primary === null && found.passthrough === null && found.fallback === null) return null;
    return { ...found, models: { primary, passthrough: fallback, fallback } };
  });

  async start(): Promise<void> {
    void this.#attend();
    void this.run.attach();
    void this.runs.look();
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
    void this.runs.look();
    // A price may be another now.
    this.run.form?.again();
    await this.overview.run(() => this.client.call("overview"));
    await this.enter();
  }

  async arrived(prompt: string, cases: string[]): Promise<string[]> {
    await this.compare.refresh(prompt, cases);
    return cases;
  }

  /** Hears that the window is about to close while something runs. */
  async #attend(): Promise<void> {
    try {
      await this.client.stream("attend", null, (summons) => (this.closing = summons.runs));
    } catch (thrown) {
      this.say(CallError.from(thrown).message, "error");
    }
  }

  /** What becomes of the runs under way: they finish without a window, they are cancelled, or the window stays. */
  async answerClosing(how: "finish" | "cancel" | "stay"): Promise<void> {
    this.closing = null;
    try {
      await this.client.call("leave", { how });
    } catch (thrown) {
      this.say(CallError.from(thrown).message, "error");
    }
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
    if (this.view !== "parity") void this.run.look(row);
    if (this.view === "write") return this.write.open(row, fallback);
    if (this.view === "compare") return this.compare.open(row.prompt, fallback);
    if (this.view === "parity") return this.parity.open(row.prompt, fallback);
  }

  /** Opens the form to run a prompt: the one in sight, all of it, unless something else is named. */
  openRun(choice: Choice = {}, row: OverviewRow | null = this.row): void {
    if (row !== null && row.primary !== null && row.cases > 0) void this.run.open(row, choice);
  }

  /** The ways to run again what Compare shows: the case on all models, one cell, all cases of one model. */
  get reruns(): { id: string; title: string; choice: Choice }[] {
    const { row, fallback } = this;
    const name = this.compare.selected;
    if (row === null || row.primary === null || this.view !== "compare" || name === null) return [];
    const models = [row.primary.model, ...(fallback === null ? [] : [fallback])];
    const cells = models.map((model) => ({
      id: `cell-${model}`,
      title: `${name} on ${model}`,
      choice: { cases: [name], models: [model] },
    }));
    const columns = models.map((model) => ({
      id: `column-${model}`,
      title: `All ${row.cases} cases on ${model}`,
      choice: { models: [model] },
    }));
    return [{ id: "row", title: `${name} on all models`, choice: { cases: [name] } }, ...cells, ...columns];
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
    const row = this.row;
    if (row !== null && row.primary !== null && row.cases > 0 && !this.run.running) {
      act("run", `Run the cases of ${row.prompt}`, () => this.openRun());
      for (const again of this.reruns)
        act(`again-${again.id}`, `Run again: ${again.title}`, () => this.openRun(again.choice));
      if (this.view === "write" && this.write.active.model !== null) {
        const model = this.write.active.model;
        act("run-variant", `Run the cases of ${row.prompt} on ${model} only`, () => this.openRun({ models: [model] }));
      }
      const offer = this.offerOf(row.prompt);
      if (offer !== null)
        act(
          "resume",
          offer.retry ? `Try the failed calls of ${row.prompt} again` : `Resume the run of ${row.prompt}`,
          () => this.run.openResume(offer.entry, offer.retry),
        );
    }
    if (row !== null) act("runs", `Show the runs of ${row.prompt}`, () => this.runs.open(row.prompt));
    if (this.run.running) act("cancel", "Cancel the run", () => void this.run.cancel());
    act("settings", "Settings: models and endpoints", () => void this.settings.open(), "Ctrl ,");
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
