/**
 * One editor pane of Write: a variant's head and the draft over it.
 *
 * A draft is either of the system text or of the whole file, never of both: two drafts of one version could not be
 * saved together. While one is there, the other tab shows what is stored.
 */
import type { Client, DraftText, VariantView } from "../ipc";
import { changedLines, estimatedTokens } from "./draft";
import { Load } from "./load.svelte";

export const TABS = ["system", "turns", "tools", "params", "schema", "file"] as const;
export type Tab = (typeof TABS)[number];

export class Pane {
  readonly side: "primary" | "fallback";
  prompt = $state<string | null>(null);
  model = $state<string | null>(null);
  /** False when the chain names the model and no variant exists yet. */
  exists = $state(true);
  view = new Load<VariantView>();
  tab = $state<Tab>("system");
  draft = $state.raw<DraftText | null>(null);
  /** The head the draft was begun on, 0 when there was none. */
  parent = $state(0);
  readonly #client: Client;

  constructor(client: Client, side: "primary" | "fallback") {
    this.#client = client;
    this.side = side;
  }

  get dirty(): boolean {
    return this.draft !== null;
  }

  /** What is stored: the text that the tab's draft is compared with. */
  stored(kind: DraftText["kind"]): string {
    const view = this.view.value;
    if (view === null) return "";
    return kind === "system" ? view.content.system : view.file;
  }

  /** What the editor of a tab holds. */
  text(kind: DraftText["kind"]): string {
    if (this.draft?.kind === "system" && kind === "system") return this.draft.system;
    if (this.draft?.kind === "file" && kind === "file") return this.draft.file;
    return this.stored(kind);
  }

  /** Why a tab cannot be edited now; `null` when it can. */
  locked(kind: DraftText["kind"]): string | null {
    if (this.draft === null || this.draft.kind === kind) return null;
    const [mine, other] = this.draft.kind === "system" ? ["System", "File"] : ["File", "System"];
    return `${mine} has an unsaved draft; ${other} shows what is stored.`;
  }

  edit(kind: DraftText["kind"], text: string): void {
    if (this.locked(kind) !== null) return;
    if (this.draft === null) this.parent = this.view.value?.version.number ?? 0;
    if (text === this.stored(kind) && (this.exists || text === "")) this.draft = null;
    else this.draft = kind === "system" ? { kind, system: text } : { kind, file: text };
  }

  discard(): void {
    this.draft = null;
  }

  /** The draft was saved: its text stays in sight until the new head is here, so that nothing jumps. */
  async settle(): Promise<void> {
    const { prompt, model } = this;
    this.exists = true;
    if (prompt !== null && model !== null)
      await this.view.run(() => this.#client.call("variant", { prompt, model, version: null }));
    this.draft = null;
  }

  get changedLines(): number {
    if (this.draft === null) return 0;
    return changedLines(this.stored(this.draft.kind), this.text(this.draft.kind));
  }

  get tokens(): number {
    if (this.draft?.kind === "system") return estimatedTokens(this.draft.system);
    return this.view.value?.estimated_tokens ?? 0;
  }

  /** The number the next save would get; `null` while that is not known here. */
  get nextVersion(): number | null {
    if (!this.exists) return 1;
    return this.view.value === null ? null : this.view.value.version.number + 1;
  }

  async open(prompt: string, model: string | null, exists: boolean): Promise<void> {
    if (prompt !== this.prompt || model !== this.model) {
      this.view.reset();
      this.draft = null;
      this.tab = "system";
    }
    this.prompt = prompt;
    this.model = model;
    this.exists = exists;
    if (model === null || !exists) {
      this.view.reset();
      return;
    }
    await this.view.run(() => this.#client.call("variant", { prompt, model, version: null }));
  }
}
