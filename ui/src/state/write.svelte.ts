/** The Write view: the timeline, two panes, and the form that is open. */
import {
  CallError,
  type Change,
  type OverviewRow,
  type PromptDetail,
  type VariantDiff,
  type VersionEntry,
} from "../ipc";
import { LinkForm, WaiveForm } from "./decide.svelte";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";
import { Pane } from "./pane.svelte";
import { SaveForm } from "./save.svelte";
import { timeline } from "./timeline";

/** One version looked at, with what it changed against its parent. */
export class VersionLook {
  readonly kind = "version";
  readonly prompt: string;
  readonly model: string;
  readonly version: VersionEntry;
  diff = new Load<VariantDiff>();
  busy = $state(false);
  error = $state.raw<CallError | null>(null);
  readonly #frame: Frame;

  constructor(frame: Frame, prompt: string, model: string, version: VersionEntry) {
    this.#frame = frame;
    this.prompt = prompt;
    this.model = model;
    this.version = version;
    const { parent, number } = version;
    if (parent !== null) {
      void this.diff.run(() => frame.client.call("variant_diff", { prompt, model, a: parent, b: number }));
    }
  }

  /** Makes this version's content the head again, as a new version. */
  async restore(): Promise<boolean> {
    this.busy = true;
    this.error = null;
    try {
      const { prompt, model } = this;
      const saved = await this.#frame.client.call("restore_version", {
        prompt,
        model,
        version: this.version.number,
      });
      this.#frame.say(`${model} v${saved.version} holds what v${this.version.number} held.`);
    } catch (thrown) {
      this.error = CallError.from(thrown);
      return false;
    } finally {
      this.busy = false;
    }
    await this.#frame.changed();
    return true;
  }
}

export type WriteDialog = SaveForm | LinkForm | WaiveForm | VersionLook;

export class WriteState {
  detail = new Load<PromptDetail>();
  readonly primary: Pane;
  readonly fallback: Pane;
  focused = $state<"primary" | "fallback">("fallback");
  unfolded = $state(false);
  dialog = $state.raw<WriteDialog | null>(null);
  /** What the primary changed, by version number: fetched when a person looks. */
  shown = $state<number | null>(null);
  change = new Load<VariantDiff>();
  #prompt: string | null = null;
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.primary = new Pane(frame.client, "primary");
    this.fallback = new Pane(frame.client, "fallback");
  }

  timeline = $derived(this.detail.value === null ? null : timeline(this.detail.value, this.unfolded));

  get dirty(): boolean {
    return this.primary.dirty || this.fallback.dirty;
  }

  /** The pane that `Ctrl S` saves: the focused one when it has a draft, else the one that has. */
  get active(): Pane {
    const focused = this.focused === "primary" ? this.primary : this.fallback;
    if (focused.dirty || !this.dirty) return focused.model === null ? this.primary : focused;
    return this.primary.dirty ? this.primary : this.fallback;
  }

  async open(row: OverviewRow, fallback: string | null): Promise<void> {
    const prompt = row.prompt;
    if (prompt !== this.#prompt) {
      this.detail.reset();
      this.unfolded = false;
      this.focused = fallback === null ? "primary" : "fallback";
    }
    if (prompt !== this.#prompt || fallback !== this.fallback.model) this.#forgetChange();
    this.#prompt = prompt;
    const exists = (model: string | null) =>
      [row.primary, ...row.fallbacks].some((state) => state?.model === model && state?.version !== null);
    const primary = row.primary?.model ?? null;
    await Promise.all([
      this.detail.run(() => this.#frame.client.call("prompt_detail", { prompt })),
      this.primary.open(prompt, primary, exists(primary)),
      this.fallback.open(prompt, fallback, exists(fallback)),
    ]);
    await this.#showOnly();
  }

  discard(): void {
    this.primary.discard();
    this.fallback.discard();
  }

  save(pane: Pane = this.active, answers: number[] | null = null): void {
    if (pane.dirty) this.dialog = new SaveForm(this.#frame, pane, answers);
  }

  link(change: Change): void {
    const track = this.detail.value?.tracks.find((other) => other.model === change.model);
    const answering = track?.versions.filter((version) => version.answers.length > 0) ?? [];
    const since = answering.at(-1)?.number ?? track?.versions[0]?.number ?? 1;
    this.dialog = new LinkForm(this.#frame, change, track?.head ?? 1, since);
  }

  waive(change: Change): void {
    this.dialog = new WaiveForm(
      this.#frame,
      new Date(),
      change,
      `v${change.version} “${change.message}”, by ${change.author}, never reached ${change.model}.`,
    );
  }

  look(model: string, number: number): void {
    const track = this.detail.value?.tracks.find((other) => other.model === model);
    const version = track?.versions.find((other) => other.number === number);
    if (version !== undefined && this.#prompt !== null)
      this.dialog = new VersionLook(this.#frame, this.#prompt, model, version);
  }

  close(): void {
    this.dialog = null;
  }

  /** Shows or hides what the primary changed in one version. */
  async showChange(change: Change): Promise<void> {
    if (this.shown === change.version) return this.#forgetChange();
    const primary = this.detail.value?.tracks[0];
    const before = primary?.versions.find((version) => version.number === change.version)?.parent;
    if (primary === undefined || before == null) return;
    this.change.reset();
    this.shown = change.version;
    const { prompt, version } = change;
    await this.change.run(() =>
      this.#frame.client.call("variant_diff", { prompt, model: primary.model, a: before, b: version }),
    );
  }

  #forgetChange(): void {
    this.shown = null;
    this.change.reset();
  }

  /** A single open change is shown at once: it is what the person came for. */
  async #showOnly(): Promise<void> {
    const behind = this.fallback.view.value?.behind ?? [];
    if (this.shown !== null && !behind.some((change) => change.version === this.shown)) this.#forgetChange();
    const [only] = behind;
    if (behind.length === 1 && only !== undefined && this.shown === null) await this.showChange(only);
  }
}
