import type { Entry } from "../../../src/raft/types.ts";
import type { Machine, Operation } from "./machine.ts";
import type { Answer, Server } from "./server.ts";

interface Waiting {
  term: number;
  operation: Operation;
  answer: (answer: Answer) => void;
}

/** Applies what is committed, in order, and answers the writes and reads that wait for it. */
export class Applier {
  readonly #server: Server;
  machine: Machine;
  #commitIndex: number;
  /** A batch is on its way: its pause is not over, or the disk reads it. */
  #isBusy = false;
  /** A snapshot is being installed. */
  isHeld = false;
  readonly #writes = new Map<number, Waiting>();
  #reads: { index: number; operation: Operation; answer: (answer: Answer) => void }[] = [];

  constructor(server: Server, machine: Machine, commitIndex: number) {
    this.#server = server;
    this.machine = machine;
    this.#commitIndex = commitIndex;
  }

  get openReads(): number {
    return this.#reads.length;
  }

  await(index: number, term: number, operation: Operation, answer: (answer: Answer) => void): void {
    this.#writes.set(index, { term, operation, answer });
  }

  awaitRead(index: number, operation: Operation, answer: (answer: Answer) => void): void {
    if (this.machine.appliedIndex >= index) this.answerRead(operation, answer);
    else this.#reads.push({ index, operation, answer });
  }

  answerRead(operation: Operation, answer: (answer: Answer) => void): void {
    const index = this.machine.appliedIndex;
    const version = this.machine.get(operation.key);
    this.#server.world.checker.readAnswered(operation, index, version);
    answer({ outcome: "ok", index, version, isChanged: false });
  }

  committed(index: number): void {
    this.#commitIndex = Math.max(this.#commitIndex, index);
  }

  /** What this server proposed may be committed by another one, or never: some callers are told so at once. */
  leadershipLost(): void {
    for (const [index, { answer }] of [...this.#writes]) {
      if (index % 2 === 0) continue;
      this.#writes.delete(index);
      answer({ outcome: "unknown" });
    }
  }

  /** Entries from here on are not in the log and never will be. */
  dropped(fromIndex: number): void {
    for (const [index, { operation, answer }] of [...this.#writes]) {
      if (index < fromIndex) continue;
      this.#writes.delete(index);
      this.#server.world.checker.refused(operation.id);
      answer({ outcome: "refused", reason: "dropped" });
    }
  }

  /** Another state took the place of this one. */
  install(machine: Machine): void {
    this.machine = machine;
    this.#commitIndex = Math.max(this.#commitIndex, machine.appliedIndex);
    for (const [index, { answer }] of [...this.#writes]) {
      if (index > machine.appliedIndex) continue;
      this.#writes.delete(index);
      answer({ outcome: "unknown" });
    }
    this.#answerReads();
  }

  /** Applies what there is to apply, after a pause if the world wants one. */
  pump(): void {
    if (this.#isBusy || this.isHeld || this.machine.appliedIndex >= this.#commitIndex) return;
    this.#isBusy = true;
    const { swarm, isHealing } = this.#server.world;
    const { lagMs } = swarm.apply;
    if (lagMs === 0 || isHealing) this.#applyNext();
    else this.#server.later(lagMs, () => this.#applyNext());
  }

  #applyNext(): void {
    const server = this.#server;
    const from = this.machine.appliedIndex + 1;
    const to = Math.min(this.#commitIndex, from + server.world.swarm.apply.entriesMax - 1);
    if (this.isHeld || from > to) {
      this.#isBusy = false;
      return;
    }
    const cached = server.core?.entries(from, to);
    if (cached !== undefined) {
      server.world.checker.cached(server, from, to, cached);
      this.#apply(cached);
      return;
    }
    server.disk.read(from, to, (entries) => server.later(0, () => this.#applyRead(from, entries)));
  }

  #applyRead(from: number, entries: readonly Entry[] | undefined): void {
    this.#isBusy = false;
    if (this.isHeld || from !== this.machine.appliedIndex + 1 || entries === undefined) this.pump();
    else this.#apply(entries);
  }

  #apply(entries: readonly Entry[]): void {
    const { world, disk } = this.#server;
    this.#isBusy = false;
    for (const entry of entries) {
      const isChanged = this.machine.apply(entry);
      world.checker.applied(this.#server, entry, this.machine, isChanged);
      this.#answerWrite(entry, isChanged);
    }
    this.#answerReads();
    disk.writeState(this.machine);
    this.#server.snapshots.maybeTake();
    this.pump();
  }

  #answerWrite(entry: Entry, isChanged: boolean): void {
    const waiting = this.#writes.get(entry.index);
    if (waiting === undefined) return;
    this.#writes.delete(entry.index);
    const { term, operation, answer } = waiting;
    if (term === entry.term) {
      this.#server.world.checker.written(operation, entry, isChanged);
      answer({ outcome: "ok", index: entry.index, version: undefined, isChanged });
    } else {
      // Another entry is committed in its place.
      this.#server.world.checker.refused(operation.id);
      answer({ outcome: "refused", reason: "overwritten" });
    }
  }

  #answerReads(): void {
    const { appliedIndex } = this.machine;
    const ready = this.#reads.filter(({ index }) => index <= appliedIndex);
    if (ready.length === 0) return;
    this.#reads = this.#reads.filter(({ index }) => index > appliedIndex);
    for (const { operation, answer } of ready) this.answerRead(operation, answer);
  }
}
