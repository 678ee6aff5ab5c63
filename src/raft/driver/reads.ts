import type { Clock, Timer } from "../../ports/clock.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Event } from "../core/types.ts";
import { noLeader } from "../refusals.ts";

interface Read {
  endMs: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Reads of one kind; those that come while one question is under way share the next. */
interface Lane {
  isConfirmed: boolean;
  gathered: Read[];
  /** By the id of the question. */
  asked: Map<number, Read[]>;
  isDue: boolean;
}

export interface ReadsDeps {
  clock: Clock;
  meter: Meter;
  /** Between tries, and between looks at the time. */
  retryMs: number;
  readsMax: number;
  step(event: Event): void;
  appliedIndex(): number;
}

/** Asks the core, as often as it takes, from which index on this server may answer, and waits until that is applied. */
export class Reads {
  readonly #deps: ReadsDeps;
  readonly #lanes: readonly Lane[] = [true, false].map((isConfirmed) => ({
    isConfirmed,
    gathered: [],
    asked: new Map(),
    isDue: false,
  }));
  /** Confirmed, and to be applied. */
  #waiting: { index: number; reads: Read[] }[] = [];
  #nextId = 1;
  #count = 0;
  #timer: Timer | undefined;

  constructor(deps: ReadsDeps) {
    this.#deps = deps;
  }

  /** See `RaftNode.readIndex`. */
  read(isConfirmed: boolean, timeoutMs: number): Promise<void> {
    const lane = this.#lanes[isConfirmed ? 0 : 1];
    if (lane === undefined || this.#count >= this.#deps.readsMax) return Promise.reject(noLeader());
    this.#count++;
    return new Promise((resolve, reject) => {
      lane.gathered.push({ endMs: this.#deps.clock.monotonicMs() + timeoutMs, resolve, reject });
      if (lane.asked.size === 0) this.#askSoon(lane);
      this.#watch();
    });
  }

  #askSoon(lane: Lane): void {
    if (lane.isDue) return;
    lane.isDue = true;
    this.#deps.clock.soon(() => {
      lane.isDue = false;
      this.#ask(lane);
    });
  }

  #ask(lane: Lane): void {
    if (lane.gathered.length === 0) return;
    const id = this.#nextId++;
    if (lane.isConfirmed) this.#deps.meter.count("raft.verify_leader", lane.gathered.length);
    lane.asked.set(id, lane.gathered);
    lane.gathered = [];
    this.#deps.step({ type: "read", id, isConfirmed: lane.isConfirmed });
  }

  onReady(id: number, index: number): void {
    for (const lane of this.#lanes) {
      const reads = lane.asked.get(id);
      if (reads === undefined) continue;
      lane.asked.delete(id);
      if (index <= this.#deps.appliedIndex()) this.#resolve(reads);
      else this.#waiting.push({ index, reads });
      if (lane.gathered.length > 0) this.#askSoon(lane);
    }
  }

  /** Nobody confirmed: they are asked for again after a while, or when the leader is another one. */
  onFailed(id: number): void {
    for (const lane of this.#lanes) {
      lane.gathered.push(...(lane.asked.get(id) ?? []));
      lane.asked.delete(id);
    }
  }

  onApplied(appliedIndex: number): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ index }) => index <= appliedIndex);
    this.#waiting = this.#waiting.filter(({ index }) => index > appliedIndex);
    for (const { reads } of ready) this.#resolve(reads);
  }

  #resolve(reads: readonly Read[]): void {
    this.#count -= reads.length;
    for (const { resolve } of reads) resolve();
  }

  /** There is a leader, or another one. */
  onLeader(): void {
    for (const lane of this.#lanes) if (lane.gathered.length > 0) this.#askSoon(lane);
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#count === 0) return;
    this.#timer = this.#deps.clock.after(this.#deps.retryMs, () => {
      this.#timer = undefined;
      const nowMs = this.#deps.clock.monotonicMs();
      this.#end(({ endMs }) => endMs <= nowMs);
      for (const lane of this.#lanes) this.#ask(lane);
      this.#watch();
    });
  }

  /** Nothing is confirmed any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#end(() => true);
  }

  #end(isOver: (read: Read) => boolean): void {
    for (const lane of this.#lanes) {
      lane.gathered = this.#without(lane.gathered, isOver);
      for (const [id, reads] of lane.asked) lane.asked.set(id, this.#without(reads, isOver));
    }
    for (const waiting of this.#waiting) waiting.reads = this.#without(waiting.reads, isOver);
    this.#waiting = this.#waiting.filter(({ reads }) => reads.length > 0);
  }

  #without(reads: Read[], isOver: (read: Read) => boolean): Read[] {
    const left = reads.filter((read) => !isOver(read));
    this.#count -= reads.length - left.length;
    if (left.length === reads.length) return reads;
    for (const read of reads) if (isOver(read)) read.reject(noLeader());
    return left;
  }
}
