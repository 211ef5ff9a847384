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
  /** Outputs of these cases were stored. Answers the cases whose outputs are in sight now, or need not be. */
  arrived(prompt: string, cases: string[]): Promise<string[]>;
  /** Goes somewhere; asks first when a draft would be left behind. */
  go(place: Place): void;
}
