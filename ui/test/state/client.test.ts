import { describe, expect, it } from "vitest";
import { CallError, Client, type Transport } from "../../src/ipc";

function transport(answer: () => unknown): Transport & { sent: unknown[] } {
  const sent: unknown[] = [];
  return {
    sent,
    invoke: async (name, payload) => {
      sent.push([name, payload]);
      return answer();
    },
    channel: (receive) => ({ receive }),
  };
}

describe("Client", () => {
  it("sends one argument object named args, and none where there is none", async () => {
    const wire = transport(() => ({}));
    const client = new Client(wire);
    await client.call("overview");
    await client.call("parity", { prompt: "p", fallback: "m" });
    expect(wire.sent).toEqual([
      ["overview", {}],
      ["parity", { args: { prompt: "p", fallback: "m" } }],
    ]);
  });

  it("sends the channel beside the arguments", async () => {
    const wire = transport(() => ({}));
    const args = { prompt: "p", models: null, cases: null, passthrough: true, handoff: false, repeat: 1, cache: false, ticket: "t" };
    await new Client(wire).stream("start_run", args, () => undefined);
    expect(wire.sent).toEqual([["start_run", { args, channel: { receive: expect.any(Function) } }]]);
  });

  it("turns every refusal into a CallError with its code", async () => {
    const refusing = (thrown: unknown) =>
      new Client(
        transport(() => {
          throw thrown;
        }),
      )
        .call("overview")
        .catch((error: unknown) => error);
    const typed = await refusing({ code: "busy", message: "the file is locked" });
    expect(typed).toBeInstanceOf(CallError);
    expect(typed).toMatchObject({ code: "busy", message: "the file is locked" });
    // Tauri refuses a payload it cannot read with a bare text.
    expect(await refusing("invalid args")).toMatchObject({ code: "failed", message: "invalid args" });
  });
});
