import type { IndexedConfiguration } from "../../../src/raft/configuration.ts";
import type { SnapshotMeta } from "../../../src/raft/core/messages.ts";
import type { Entry, HardState } from "../../../src/raft/types.ts";
import type { DiskSwarm } from "../plan/swarm.ts";
import type { Random } from "../random.ts";
import type { Context } from "./context.ts";
import { LogImage } from "./log-image.ts";
import { Machine } from "./machine.ts";

/** What the log's thread is asked for, in the order of the calls. */
type Call =
  | { kind: "hardState"; state: HardState; persistId: number | undefined }
  | {
      kind: "append";
      entries: readonly Entry[];
      truncateFrom: number | undefined;
      persistId: number;
      /** It was called before its caller heard that an earlier one was refused. */
      isDoomed: boolean;
    }
  | { kind: "compact"; index: number; done: () => void }
  | { kind: "reset"; index: number; term: number; configuration: IndexedConfiguration; done: () => void }
  | { kind: "read"; from: number; to: number; done: (entries: Entry[] | undefined) => void };

export interface Snapshot {
  meta: SnapshotMeta;
  bytes: Uint8Array;
}

/** How much quicker a disk is when all is well. */
const HEALED_TIMES = 5;

/** Who is told what became of the calls. Nobody is when the server has died meanwhile. */
export interface DiskUser {
  persisted(persistId: number): void;
  /** Calls `heard` once it knows: what it appends after that is tried again. */
  appendRefused(persistId: number, heard: () => void): void;
  /** A failed sync: the process must end. */
  syncFailed(): void;
}

/**
 * A server's disk: the contract of `LogStore` without promises. Calls become durable in their order, in groups that share
 * a sync. A crash keeps those that were synced, and of the others any number of first ones.
 */
export class Disk {
  readonly #context: Context;
  readonly #swarm: DiskSwarm;
  readonly #random: Random;
  hardState: HardState = { term: 0, votedFor: "" };
  log = new LogImage();
  /** Newest first. */
  snapshots: Snapshot[] = [];
  /** The state's database as the kernel has it, and as it survives a power cut. */
  #written = new Machine();
  #synced = new Machine();
  isFull = false;
  willSyncFail = false;
  /** The next start finds the log damaged. */
  isDamaged = false;
  /** A sync takes this long while it is set. */
  slowSyncMs: number | undefined;
  isHealed = false;
  #user: DiskUser | undefined;
  #calls: Call[] = [];
  /** How many of the calls the sync under way is for. */
  #syncing = 0;
  /** An append was refused, and its caller has not heard of it: all are refused until then. */
  #isRefusing = false;
  /** Of this process; what an earlier one has started comes to nothing. */
  #opening = 0;

  constructor(context: Context, swarm: DiskSwarm) {
    this.#context = context;
    this.#swarm = swarm;
    this.#random = context.random("disk");
  }

  /** The state's database, as the start finds it. */
  open(user: DiskUser): Machine {
    this.#user = user;
    return this.#written.clone();
  }

  /** From here on it is quick and whole. */
  heal(): void {
    this.isFull = false;
    this.willSyncFail = false;
    this.slowSyncMs = undefined;
    this.isHealed = true;
  }

  persist(
    id: number,
    hardState: HardState | undefined,
    append: { truncateFrom: number | undefined; entries: readonly Entry[] } | undefined,
  ) {
    if (hardState !== undefined) {
      this.#call({ kind: "hardState", state: hardState, persistId: append === undefined ? id : undefined });
    }
    if (append !== undefined || hardState === undefined) {
      const { entries, truncateFrom } = append ?? { entries: [], truncateFrom: undefined };
      this.#call({ kind: "append", entries, truncateFrom, persistId: id, isDoomed: false });
    }
  }

  compact(index: number, done: () => void): void {
    this.#call({ kind: "compact", index, done });
  }

  reset(index: number, term: number, configuration: IndexedConfiguration, done: () => void): void {
    this.#call({ kind: "reset", index, term, configuration, done });
  }

  /** Answers undefined when the log does not hold the first one any more, or not yet. */
  read(from: number, to: number, done: (entries: Entry[] | undefined) => void): void {
    this.#call({ kind: "read", from, to, done });
  }

  /** Commits the state's rows and its applied index together, without a sync. */
  writeState(machine: Machine): void {
    this.#written = machine.clone();
    if (this.#random.chance(0.2)) this.#synced = this.#written;
  }

  keepSnapshot(snapshot: Snapshot, kept: number): void {
    this.snapshots = [snapshot, ...this.snapshots.filter(({ meta }) => meta.index < snapshot.meta.index)].slice(
      0,
      kept,
    );
  }

  /** Ends the process. Says whether a call that was under way is lost. */
  crash(isPowerCut: boolean): { lostCalls: number } {
    const kept = this.#calls.length === 0 ? 0 : this.#random.whole(0, this.#calls.length);
    const lostCalls = this.#calls.length - kept;
    for (const call of this.#calls.slice(0, kept)) this.#carryOut(call, () => undefined);
    this.#calls = [];
    this.#syncing = 0;
    this.#isRefusing = false;
    this.#opening++;
    this.#user = undefined;
    if (isPowerCut && this.#random.chance(this.#swarm.staleStateChance)) {
      this.#written = this.#random.chance(0.5) ? this.#synced : new Machine();
    }
    this.#synced = this.#written;
    this.willSyncFail = false;
    return { lostCalls };
  }

  /** For a start: the last step of an installed snapshot that a crash came between. */
  finishInstall(): string[] {
    const done: string[] = [];
    const newest = this.snapshots[0];
    if (newest === undefined) return done;
    const { index, term, configuration } = newest.meta;
    if (this.log.lastIndex < index || (this.log.baseIndex < index && this.log.termAt(index) !== term)) {
      this.log.reset(index, term, configuration);
      done.push("log");
    }
    if (this.#written.appliedIndex < index) {
      this.#written = Machine.decode(newest.bytes);
      done.push("state");
    }
    return done;
  }

  #call(call: Call): void {
    this.#calls.push(call);
    if (this.#syncing === 0) this.#beginSync();
  }

  #beginSync(): void {
    if (this.#calls.length === 0) return;
    const { syncMs, slowChance, slowMs } = this.#swarm;
    this.#syncing = this.#random.chance(0.8) ? this.#calls.length : this.#random.whole(1, this.#calls.length);
    const isSlow = slowChance > 0 && !this.isHealed && this.#random.chance(slowChance);
    const meanMs = this.isHealed ? syncMs / HEALED_TIMES : isSlow ? slowMs : syncMs;
    const opening = this.#opening;
    this.#context.after(this.slowSyncMs ?? this.#random.around(meanMs), () => {
      if (opening === this.#opening) this.#endSync();
    });
  }

  #endSync(): void {
    if (this.willSyncFail) {
      this.#user?.syncFailed();
      return;
    }
    const group = this.#calls.splice(0, this.#syncing);
    this.#syncing = 0;
    for (const call of group) this.#carryOut(call, (answer) => this.#hop(answer));
    this.#beginSync();
  }

  /** Answers arrive in their order, a little later. */
  #lastHopMs = 0;
  #hop(answer: () => void): void {
    const opening = this.#opening;
    const atMs = Math.max(this.#lastHopMs, this.#context.nowMs + this.#random.next() * this.#swarm.hopMs);
    this.#lastHopMs = atMs;
    this.#context.at(atMs, () => {
      if (opening === this.#opening) answer();
    });
  }

  /** What a call does to the disk. */
  #carryOut(call: Call, answer: (answer: () => void) => void): void {
    switch (call.kind) {
      case "hardState": {
        const { state, persistId } = call;
        this.hardState = state;
        if (persistId !== undefined) answer(() => this.#user?.persisted(persistId));
        return;
      }
      case "append":
        this.#append(call, answer);
        return;
      case "compact":
        this.log.compact(call.index);
        answer(call.done);
        return;
      case "reset":
        this.log.reset(call.index, call.term, call.configuration);
        answer(call.done);
        return;
      case "read": {
        const { from, to, done } = call;
        const isThere = from > this.log.baseIndex && from <= this.log.lastIndex;
        const entries = isThere ? this.log.slice(from, to) : undefined;
        answer(() => done(entries));
      }
    }
  }

  #append(call: Call & { kind: "append" }, answer: (answer: () => void) => void): void {
    const { entries, truncateFrom, persistId } = call;
    if (call.isDoomed || this.#isRefusing) {
      answer(() => this.#user?.appendRefused(persistId, () => undefined));
    } else if (this.isFull) {
      this.#isRefusing = true;
      answer(() => this.#user?.appendRefused(persistId, () => this.#refusalHeard()));
    } else {
      this.log.append(entries, truncateFrom);
      answer(() => this.#user?.persisted(persistId));
    }
  }

  /** Whoever called before now could not know. */
  #refusalHeard(): void {
    this.#isRefusing = false;
    for (const call of this.#calls) if (call.kind === "append") call.isDoomed = true;
  }
}
