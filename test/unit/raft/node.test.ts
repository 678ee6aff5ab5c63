import { describe, expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import { type RaftNode, startRaftNode } from "../../../src/raft/node.ts";
import type { Entry, LogStore, StateMachine } from "../../../src/raft/types.ts";
import { memoryKeeper } from "../../../src/storage/memory-keeper.ts";
import { openMemoryLogStore } from "../../../src/storage/memory-log-store.ts";
import { openStateDb } from "../../../src/storage/state-db.ts";
import { realClock } from "../../support/real-clock.ts";
import { silentLogger, silentMeter } from "../../support/silent.ts";

/** Applies by remembering; `refuse` and `crash` are commands of its own. */
class Recorder implements StateMachine {
  appliedIndex: number;
  batches: Entry[][] = [];
  flushes = 0;
  constructor(appliedIndex = 0) {
    this.appliedIndex = appliedIndex;
  }
  flush(): void {
    this.flushes++;
  }
  apply(entries: readonly Entry[]): unknown[] {
    this.batches.push([...entries]);
    return entries.map(({ index, data }) => {
      if (data === "crash") throw new Error("boom");
      this.appliedIndex = index;
      return data === "refuse" ? new Refusal("no", 403) : `applied ${data}`;
    });
  }
}

function start(store: LogStore, machine: StateMachine, onFatal: (reason: string) => void = () => undefined) {
  return startRaftNode({
    store,
    machine,
    keeper: memoryKeeper(openStateDb({ memory: true })),
    log: silentLogger,
    meter: silentMeter,
    clock: realClock,
    nodeId: "n1",
    onRestored: () => undefined,
    onFatal,
  });
}

describe("one-voter raft", () => {
  test("a start opens a new term with a durable vote for itself and a noop (thesis 6.4)", async () => {
    const store = openMemoryLogStore();
    const machine = new Recorder();
    const node = await start(store, machine);
    expect((await store.open()).hardState).toEqual({ term: 1, votedFor: "n1" });
    expect(await store.read(1, 9, 1e9)).toEqual([{ index: 1, term: 1, type: "noop", data: "" }]);
    expect(node.status()).toMatchObject({ state: "Leader", term: 1, commitIndex: 1, appliedIndex: 1, fsmPending: 0 });
  });

  test("a proposal resolves with the state machine's result, or rejects with its Refusal", async () => {
    const node = await start(openMemoryLogStore(), new Recorder());
    expect(await node.propose("a")).toBe("applied a");
    await expect(node.propose("refuse")).rejects.toMatchObject({ message: "no", status: 403 });
    expect(await node.propose("b")).toBe("applied b");
    expect(node.status()).toMatchObject({ lastLogIndex: 4, appliedIndex: 4 });
  });

  test("entries that become durable together are applied by one call", async () => {
    const machine = new Recorder();
    const node = await start(openMemoryLogStore(), machine);
    await Promise.all(Array.from({ length: 50 }, (_, i) => node.propose(String(i))));
    expect(machine.batches.map((batch) => batch.length)).toEqual([1, 50]);
  });

  test("a restart applies what the state machine misses and nothing twice, then leads a higher term", async () => {
    const store = openMemoryLogStore();
    const first = await start(store, new Recorder());
    for (const data of ["a", "b", "c"]) await first.propose(data);
    const machine = new Recorder(2);
    const second = await start(store, machine);
    expect(machine.batches.flat().map(({ index, data }) => `${index}${data}`)).toEqual(["3b", "4c", "5"]);
    expect(second.status()).toMatchObject({ term: 2, lastLogIndex: 5 });
  });

  test("after a stop proposals are refused with Consul's text", async () => {
    const node = await start(openMemoryLogStore(), new Recorder());
    const under = node.propose("a");
    await node.stop();
    expect(await under).toBe("applied a");
    await expect(node.propose("b")).rejects.toMatchObject({ message: "No cluster leader", status: 500 });
    expect(node.status().state).toBe("Shutdown");
  });

  test("a barrier waits for what was proposed before it, and only for that", async () => {
    const machine = new Recorder();
    const node = await start(openMemoryLogStore(), machine);
    const under = node.propose("a");
    await node.barrier();
    expect(machine.appliedIndex).toBe(2);
    await under;
    await node.barrier();
  });

  test("beyond the limit of uncommitted entries, proposals are refused and the others go on", async () => {
    const node = await start(openMemoryLogStore(), new Recorder());
    const results = await Promise.allSettled(Array.from({ length: 9000 }, () => node.propose("x")));
    expect(results.filter(({ status }) => status === "rejected").length).toBe(9000 - 8192);
    expect(await node.propose("y")).toBe("applied y");
  });

  test("a failing apply stops the server instead of skipping the entry", async () => {
    let reason = "";
    const node: RaftNode = await start(openMemoryLogStore(), new Recorder(), (text) => {
      reason = text;
    });
    void node.propose("crash");
    await new Promise(setImmediate);
    expect(reason).toContain("can't apply entry 2");
    await expect(node.propose("x")).rejects.toThrow("No cluster leader");
  });

  test("a refused append frees its index for the next proposal, those behind it are refused too", async () => {
    const inner = openMemoryLogStore();
    let full = false;
    const store: LogStore = Object.assign(Object.create(inner), {
      open: () => inner.open(),
      setHardState: inner.setHardState.bind(inner),
      append: (entries: readonly Entry[]) => (full ? Promise.reject(new Refusal("no space")) : inner.append(entries)),
    });
    const node = await start(store, new Recorder());
    full = true;
    const refused = await Promise.allSettled([node.propose("a"), node.propose("b")]);
    expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    full = false;
    expect(await node.propose("c")).toBe("applied c");
    expect((await inner.read(1, 9, 1e9)).map(({ index, data }) => `${index}${data}`)).toEqual(["1", "2c"]);
  });
});
