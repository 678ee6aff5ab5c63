import { assert } from "../../lib/assert.ts";

export interface BroadcastQueueOptions {
  readonly retransmitMult: number;
  /** Members that are known: each message is sent `retransmitMult * ceil(log10(size + 1))` times. */
  readonly size: () => number;
  /** The oldest goes when there are more. */
  readonly lengthMax: number;
}

interface Queued {
  readonly message: Uint8Array;
  readonly subject: string | undefined;
  readonly onDone: (() => void) | undefined;
  /** Newer ones have higher numbers. */
  readonly number: number;
  transmits: number;
}

/**
 * Messages for everybody, each sent a limited number of times. Least sent first, then the longest, then the newest
 * (memberlist's TransmitLimitedQueue).
 */
export class BroadcastQueue {
  readonly #options: BroadcastQueueOptions;
  /** In the order in which they are taken. */
  #queue: Queued[] = [];
  #next = 0;

  constructor(options: BroadcastQueueOptions) {
    assert(options.retransmitMult > 0, "messages are sent at least once");
    this.#options = options;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** A message with the subject of an older one replaces it. `onDone`: it was sent often enough, or is not needed any more. */
  add(message: Uint8Array, subject?: string, onDone?: () => void): void {
    if (subject !== undefined) this.#drop((queued) => queued.subject === subject);
    this.#insert({ message, subject, onDone, number: this.#next++, transmits: 0 });
    if (this.#queue.length > this.#options.lengthMax) {
      const oldest = this.#queue.reduce((a, b) => (a.number < b.number ? a : b));
      this.#drop((queued) => queued === oldest);
    }
  }

  /** Messages that fit `budget` together, each counted with `overhead` more; each is counted as sent once more. */
  take(overhead: number, budget: number): Uint8Array[] {
    if (this.#queue.length === 0) return [];
    let left = budget;
    const taken: Queued[] = [];
    const kept: Queued[] = [];
    for (const queued of this.#queue) {
      const bytes = queued.message.length + overhead;
      if (bytes > left) kept.push(queued);
      else {
        left -= bytes;
        taken.push(queued);
      }
    }
    const limit = this.#options.retransmitMult * Math.ceil(Math.log10(this.#options.size() + 1));
    this.#queue = kept;
    for (const queued of taken) {
      queued.transmits++;
      if (queued.transmits < limit) this.#insert(queued);
    }
    for (const queued of taken) if (queued.transmits >= limit) queued.onDone?.();
    return taken.map(({ message }) => message);
  }

  #insert(queued: Queued): void {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.#queue[middle] as Queued, queued)) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, queued);
  }

  #drop(isMeant: (queued: Queued) => boolean): void {
    const dropped = this.#queue.filter(isMeant);
    if (dropped.length === 0) return;
    this.#queue = this.#queue.filter((queued) => !dropped.includes(queued));
    for (const { onDone } of dropped) onDone?.();
  }
}

function before(a: Queued, b: Queued): boolean {
  if (a.transmits !== b.transmits) return a.transmits < b.transmits;
  if (a.message.length !== b.message.length) return a.message.length > b.message.length;
  return a.number > b.number;
}
