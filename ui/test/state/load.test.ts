import { describe, expect, it } from "vitest";
import { Load } from "../../src/state/load.svelte";

function later<T>() {
  let done!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => ([done, fail] = [resolve, reject]));
  return { promise, done, fail };
}

describe("Load", () => {
  it("keeps the old answer while a newer one is under way", async () => {
    const load = new Load<number>();
    await load.run(async () => 1);
    const next = later<number>();
    const running = load.run(() => next.promise);
    expect([load.value, load.busy]).toEqual([1, true]);
    next.done(2);
    await running;
    expect([load.value, load.busy]).toEqual([2, false]);
  });

  it("drops an answer that was overtaken", async () => {
    const load = new Load<string>();
    const slow = later<string>();
    const first = load.run(() => slow.promise);
    await load.run(async () => "new");
    slow.done("old");
    expect(await first).toBeNull();
    expect(load.value).toBe("new");
  });

  it("drops an answer that comes after a reset, and an error too", async () => {
    const load = new Load<string>();
    const slow = later<string>();
    const running = load.run(() => slow.promise);
    load.reset();
    slow.fail(new Error("late"));
    await running;
    expect([load.value, load.error, load.busy]).toEqual([null, null, false]);
  });

  it("keeps the last answer beside an error, and forgets the error with the next answer", async () => {
    const load = new Load<number>();
    await load.run(async () => 1);
    await load.run(() => Promise.reject({ code: "io", message: "no disk" }));
    expect(load.value).toBe(1);
    expect(load.error?.code).toBe("io");
    await load.run(async () => 2);
    expect(load.error).toBeNull();
  });
});
