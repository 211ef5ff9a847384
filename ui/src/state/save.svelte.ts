/** The save form: a message, what the save answers, and what happens when somebody else was faster. */
import { CallError, type Change, type VariantView } from "../ipc";
import type { Frame } from "./frame";
import type { Pane } from "./pane.svelte";

export class SaveForm {
  readonly kind = "save";
  readonly pane: Pane;
  /** Changes the pane's variant is behind by; empty for a primary. */
  readonly open: Change[];
  message = $state("");
  answers = $state<number[]>([]);
  busy = $state(false);
  error = $state.raw<CallError | null>(null);
  /** The head that another save has made meanwhile; the draft is kept beside it. */
  theirs = $state.raw<VariantView | null>(null);
  readonly #frame: Frame;

  /** `answers`: what is ticked at first. One open change is ticked by itself; of several, none: that is a claim. */
  constructor(frame: Frame, pane: Pane, answers: number[] | null) {
    this.#frame = frame;
    this.pane = pane;
    this.open = pane.side === "fallback" ? (pane.view.value?.behind ?? []) : [];
    this.answers = answers ?? (this.open.length === 1 ? this.open.map((change) => change.version) : []);
    const only = this.answers.length === 1 && this.open.find((change) => change.version === this.answers[0]);
    if (only) this.message = only.message;
  }

  get blocked(): string | null {
    if (this.message.trim() === "") return "A version needs a message.";
    return null;
  }

  toggle(version: number): void {
    this.answers = this.answers.includes(version)
      ? this.answers.filter((other) => other !== version)
      : [...this.answers, version].sort((a, b) => a - b);
  }

  /** Answers whether the draft is stored now. */
  async submit(): Promise<boolean> {
    const { pane } = this;
    const { prompt, model, draft } = pane;
    if (this.busy || this.blocked !== null || prompt === null || model === null || draft === null) return false;
    this.busy = true;
    this.error = null;
    try {
      const saved = await this.#frame.client.call("save_version", {
        prompt,
        model,
        parent: pane.parent,
        text: draft,
        message: this.message.trim(),
        answers: [...this.answers],
      });
      await pane.settle();
      this.theirs = null;
      this.#tell(saved.created, saved.version, saved.answers, model);
      for (const note of saved.notes) this.#frame.say(note, "warning");
    } catch (thrown) {
      this.error = CallError.from(thrown);
      if (this.error.code === "head_moved") await this.#fetchTheirs(prompt, model);
      return false;
    } finally {
      this.busy = false;
    }
    await this.#frame.changed();
    return true;
  }

  /** After a moved head: the draft goes on top of what the other saved. */
  async saveOnTop(): Promise<boolean> {
    if (this.theirs === null) return false;
    this.pane.parent = this.theirs.version.number;
    return this.submit();
  }

  /** After a moved head: the other's version stands, the draft is given up. */
  async takeTheirs(): Promise<void> {
    this.pane.discard();
    await this.#frame.changed();
  }

  async #fetchTheirs(prompt: string, model: string): Promise<void> {
    try {
      this.theirs = await this.#frame.client.call("variant", { prompt, model, version: null });
    } catch {
      // The refusal itself is on the screen already, and the draft is kept; a second message would say no more.
      this.theirs = null;
    }
  }

  #tell(created: boolean, version: number, answers: number[], model: string): void {
    if (!created) {
      this.#frame.say(`Nothing to save: the text equals ${model} v${version}.`, "warning");
      return;
    }
    const answered = answers.map((number) => `v${number}`).join(", ");
    this.#frame.say(`${model} v${version} is saved${answered === "" ? "" : ` and answers ${answered}`}.`);
  }
}
