/** The Parity view: one table of counts. */
import type { ParityTable } from "../ipc";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";

export class ParityState {
  table = new Load<ParityTable>();
  #shown = "";
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  async open(prompt: string, fallback: string | null): Promise<void> {
    const shown = `${prompt}/${fallback ?? ""}`;
    if (shown !== this.#shown) this.table.reset();
    this.#shown = shown;
    if (fallback === null) return;
    await this.table.run(() => this.#frame.client.call("parity", { prompt, fallback }));
  }
}
