/**
 * The one way from the screen to the workspace.
 *
 * A wrong command name, a wrong argument or a wrong use of a reply fails to compile. Knows nothing of views; the
 * transport is passed in, so that tests and the harness need no Tauri.
 */
import type { Commands } from "./types";

/** What carries a command across. */
export interface Transport {
  invoke(name: string, payload: Record<string, unknown>): Promise<unknown>;
  /** Something that can cross as an argument and hands every message it gets to `receive`. */
  channel<T>(receive: (message: T) => void): unknown;
}

/** A command that was refused or failed. `code` is stable, `message` is for people. */
export class CallError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "CallError";
    this.code = code;
  }

  static from(thrown: unknown): CallError {
    if (thrown instanceof CallError) return thrown;
    if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
      const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "failed";
      return new CallError(code, String(thrown.message));
    }
    return new CallError("failed", String(thrown));
  }
}

type Streaming = { [K in keyof Commands]: Commands[K] extends { events: unknown } ? K : never }[keyof Commands];
type Args<K extends keyof Commands> = Commands[K]["args"] extends null ? [] : [args: Commands[K]["args"]];

export class Client {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Runs a command. Throws {@link CallError}, nothing else. */
  call<K extends Exclude<keyof Commands, Streaming>>(name: K, ...[args]: Args<K>): Promise<Commands[K]["reply"]> {
    return this.#send(name, args === undefined ? {} : { args });
  }

  /** Runs a command that reports while it works. The promise ends when the work has ended. */
  stream<K extends Streaming>(
    name: K,
    args: Commands[K]["args"],
    receive: (message: Commands[K]["events"]) => void,
  ): Promise<Commands[K]["reply"]> {
    return this.#send(name, { args, channel: this.#transport.channel(receive) });
  }

  async #send<K extends keyof Commands>(
    name: K,
    payload: Record<string, unknown>,
  ): Promise<Commands[K]["reply"]> {
    try {
      return (await this.#transport.invoke(name, payload)) as Commands[K]["reply"];
    } catch (thrown) {
      throw CallError.from(thrown);
    }
  }
}
