/** What several tests need. */
import { Client } from "../src/ipc";
import type { Frame } from "../src/state/frame";
import type { Place } from "../src/state/place";
import { Appearance } from "../src/state/theme.svelte";
import { Workbench } from "../src/state/workbench.svelte";
import { FakeWorkspace } from "./fixtures/workspace";

/** A frame that writes down what it is asked. */
export class RecordingFrame implements Frame {
  readonly client: Client;
  readonly said: string[] = [];
  readonly went: Place[] = [];
  readonly arrivals: string[] = [];
  changes = 0;

  constructor(readonly workspace: FakeWorkspace = new FakeWorkspace()) {
    this.client = new Client(workspace);
  }
  say(text: string): void {
    this.said.push(text);
  }
  async changed(): Promise<void> {
    this.changes++;
  }
  async arrived(_prompt: string, cases: string[]): Promise<string[]> {
    this.arrivals.push(...cases);
    return cases;
  }
  go(place: Place): void {
    this.went.push(place);
  }
}

export async function openBench(workspace = new FakeWorkspace()): Promise<Workbench> {
  const bench = new Workbench(new Client(workspace), new Appearance(document.createElement("html")));
  await bench.start();
  return bench;
}

/** Lets everything that is under way arrive. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((done) => setTimeout(done, 0));
}

/** The arguments of the calls of one command, oldest first. */
export function asked(workspace: FakeWorkspace, name: string): unknown[] {
  return workspace.calls.filter((call) => call.name === name).map((call) => call.args);
}
