/** The transport of the product: the only file that imports Tauri. */
import { Channel, invoke } from "@tauri-apps/api/core";
import type { Transport } from "./client";

export const tauri: Transport = {
  invoke: (name, payload) => invoke(name, payload),
  channel: <T>(receive: (message: T) => void) => new Channel<T>(receive),
};
