import { describe, expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { Event } from "../../../../src/raft/core/types.ts";
import { Persister } from "../../../../src/raft/driver/persister.ts";
import type { Entry, LogStore } from "../../../../src/raft/types.ts";
import { openMemoryLogStore } from "../../../../src/storage/memory-log-store.ts";
import { settle } from "../../../support/manual-clock.ts";

const entry = (index: number): Entry => ({ index, term: 1, type: "command", data: "x" });
const append = (...indexes: number[]) => ({ truncateFrom: undefined, entries: indexes.map(entry) });
const hardState = { term: 1, votedFor: "a" };

/** A store whose calls are settled by the test. */
function world() {
  const calls: { name: string; resolve(): void; reject(error: unknown): void }[] = [];
  const call = (name: string) =>
    new Promise<void>((resolve, reject) => {
      calls.push({ name, resolve, reject });
    });
  const store: LogStore = Object.assign(openMemoryLogStore(), {
    append: (entries: readonly Entry[], truncateFrom?: number) =>
      call(`append ${entries.map(({ index }) => index)}${truncateFrom === undefined ? "" : ` from ${truncateFrom}`}`),
    setHardState: () => call("hardState"),
  });
  const events: Event[] = [];
  const fatal: (string | undefined)[] = [];
  let idle = 0;
  const persister = new Persister({
    store,
    monotonicMs: () => 0,
    step: (event) => events.push(event),
    onWritten: () => undefined,
    onIdle: () => idle++,
    onFatal: (reason) => fatal.push(reason),
  });
  return { persister, calls, events, fatal, idle: () => idle };
}

describe("writes of the core", () => {
  test("go hard state first, and are answered in their order once all of each is durable", async () => {
    const { persister, calls, events, idle } = world();
    persister.persist({ type: "persist", id: 1, hardState, append: { truncateFrom: 3, entries: [entry(3)] } });
    persister.persist({ type: "persist", id: 2, hardState: undefined, append: append(4, 5) });
    expect(calls.map(({ name }) => name)).toEqual(["hardState", "append 3 from 3", "append 4,5"]);
    calls[2]?.resolve();
    calls[0]?.resolve();
    await settle();
    expect(events).toEqual([]);
    expect(persister.isBusy).toBe(true);
    calls[1]?.resolve();
    await persister.idle();
    expect(events).toEqual([
      { type: "persisted", id: 1 },
      { type: "persisted", id: 2 },
    ]);
    expect(idle()).toBe(1);
  });

  test("whose append is refused say so after their hard state is durable", async () => {
    const { persister, calls, events, fatal } = world();
    persister.persist({ type: "persist", id: 1, hardState, append: append(1) });
    calls[1]?.reject(new Refusal("no space"));
    await settle();
    expect(events).toEqual([]);
    calls[0]?.resolve();
    await settle();
    expect(events).toEqual([{ type: "appendRefused", id: 1 }]);
    expect(persister.refusal?.message).toBe("no space");
    persister.persist({ type: "persist", id: 2, hardState: undefined, append: append(1) });
    calls[2]?.resolve();
    await settle();
    expect(persister.refusal).toBeUndefined();
    expect(fatal).toEqual([]);
  });

  test("that can't save term and vote end the server, and a dead store has said so itself", async () => {
    const { persister, calls, events, fatal } = world();
    persister.persist({ type: "persist", id: 1, hardState, append: append(1) });
    calls[0]?.reject(new Refusal("no space"));
    calls[1]?.reject(new Error("dead"));
    await settle();
    expect(events).toEqual([]);
    expect(fatal).toEqual(["can't save term and vote: no space", undefined]);
  });
});
