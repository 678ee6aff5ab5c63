import type { Context } from "./context.ts";
import type { ReadIndexReply } from "./messages.ts";

/** A follower's reads: it asks the leader from which index on it may answer (thesis 6.4). */
export class RemoteReads {
  readonly #context: Context;
  readonly #waiting = new Map<number, { id: number; endMs: number }>();

  constructor(context: Context) {
    this.#context = context;
  }

  get deadlineMs(): number {
    if (this.#waiting.size > 0) for (const { endMs } of this.#waiting.values()) return endMs;
    return Number.POSITIVE_INFINITY;
  }

  ask(id: number, isConfirmed: boolean) {
    const { leader, limits, nowMs, timing } = this.#context;
    if (leader === undefined || this.#waiting.size >= limits.readsMax) {
      return this.#context.emit({ type: "readFailed", id });
    }
    const wireId = this.#context.freshNumber();
    this.#waiting.set(wireId, { id, endMs: nowMs + timing.electionTimeoutMs });
    this.#context.send({ type: "readIndexRequest", to: leader, id: wireId, isConfirmed });
  }

  onReply({ id: wireId, index }: ReadIndexReply) {
    const read = this.#waiting.get(wireId);
    if (read === undefined) return;
    this.#waiting.delete(wireId);
    if (index > 0) this.#context.emit({ type: "readReady", id: read.id, index });
    else this.#context.emit({ type: "readFailed", id: read.id });
  }

  /** Request or reply may be lost: whoever reads asks again. */
  tick() {
    for (const [wireId, { id, endMs }] of this.#waiting) {
      if (endMs > this.#context.nowMs) return;
      this.#waiting.delete(wireId);
      this.#context.emit({ type: "readFailed", id });
    }
  }

  /** There is another leader, or none. */
  fail() {
    for (const { id } of this.#waiting.values()) this.#context.emit({ type: "readFailed", id });
    this.#waiting.clear();
  }
}
