/**
 * One answer of the workspace on its way: absent, under way, there, or failed.
 *
 * While a newer answer is under way the old one stays, so that nothing on the screen jumps; answers that arrive out
 * of turn are dropped.
 */
import { CallError } from "../ipc";

export class Load<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<CallError | null>(null);
  busy = $state(false);
  #turn = 0;

  /** Asks, and answers what counts now: `null` when the question failed or was overtaken. */
  async run(ask: () => Promise<T>): Promise<T | null> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const value = await ask();
      if (turn !== this.#turn) return null;
      this.value = value;
      this.error = null;
      this.busy = false;
      return value;
    } catch (thrown) {
      if (turn !== this.#turn) return null;
      this.error = CallError.from(thrown);
      this.busy = false;
      return null;
    }
  }

  /** Forgets the answer, and any that is still under way. */
  reset(): void {
    this.#turn++;
    this.value = null;
    this.error = null;
    this.busy = false;
  }
}
