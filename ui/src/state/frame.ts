/** What the state of one view may ask of the window around it. */
import type { Client } from "../ipc";
import type { Notice } from "./notices.svelte";
import type { Place } from "./place";

export interface Frame {
  readonly client: Client;
  /** Tells the person. */
  say(text: string, tone?: Notice["tone"]): void;
  /** Something was stored: what other views show may be old now. */
  changed(): Promise<void>;
  /** Goes somewhere; asks first when a draft would be left behind. */
  go(place: Place): void;
}
