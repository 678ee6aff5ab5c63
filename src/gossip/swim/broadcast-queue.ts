import { assert } from "../../lib/assert.ts";
import { type Aged, NewestFirst } from "./newest-first.ts";
import { transmitLimit } from "./scale.ts";

export interface BroadcastQueueOptions {
  readonly retransmitMult: number;
  /** Members that are known: each message is sent `retransmitMult * ceil(log10(size + 1))` times. */
  readonly size: () => number;
  /** The oldest goes when there are more. */
  readonly lengthMax: number;
}

interface Queued extends Aged {
  readonly message: Uint8Array;
  readonly subject: string | undefined;
  readonly onDone: (() => void) | undefined;
  transmits: number;
}

/**
 * Messages for everybody, each sent a limited number of times. Least sent first, then the longest, then the newest
 * (memberlist's TransmitLimitedQueue). Adding and taking cost the same however many wait.
 */
export class BroadcastQueue {
  readonly #options: BroadcastQueueOptions;
  /** By how often they were sent. */
  readonly #tiers: Tier[] = [];
  /** In the order of their numbers. */
  readonly #all = new Map<number, Queued>();
  readonly #bySubject = new Map<string, Queued>();
  #next = 0;

  constructor(options: BroadcastQueueOptions) {
    assert(options.retransmitMult > 0, "messages are sent at least once");
    this.#options = options;
  }

  get length(): number {
    return this.#all.size;
  }

  /** A message with the subject of an older one replaces it. `onDone`: it was sent often enough, or is not needed any more. */
  add(message: Uint8Array, subject?: string, onDone?: () => void): void {
    const replaced = subject === undefined ? undefined : this.#bySubject.get(subject);
    if (replaced !== undefined) this.#drop(replaced);
    const queued = { message, subject, onDone, number: this.#next++, place: 0, transmits: 0 };
    this.#all.set(queued.number, queued);
    if (subject !== undefined) this.#bySubject.set(subject, queued);
    this.#insert(queued);
    const overflow = this.#all.size > this.#options.lengthMax ? this.#oldest() : undefined;
    if (overflow !== undefined) this.#drop(overflow);
    replaced?.onDone?.();
    overflow?.onDone?.();
  }

  /** Messages that fit `budget` together, each counted with `overhead` more; each is counted as sent once more. */
  take(overhead: number, budget: number): Uint8Array[] {
    if (this.#all.size === 0) return [];
    const taken: Queued[] = [];
    let left = budget - overhead;
    for (const tier of this.#tiers) {
      for (let queued = tier.take(left); queued !== undefined; queued = tier.take(left)) {
        left -= queued.message.length + overhead;
        taken.push(queued);
      }
      if (left <= 0) break;
    }
    this.#count(taken);
    return taken.map(({ message }) => message);
  }

  /** Those that were sent often enough go, the others wait in the next tier. */
  #count(taken: readonly Queued[]): void {
    const limit = transmitLimit(this.#options.retransmitMult, this.#options.size());
    const done: Queued[] = [];
    for (const queued of taken) {
      queued.transmits++;
      if (queued.transmits < limit) this.#insert(queued);
      else {
        this.#forget(queued);
        done.push(queued);
      }
    }
    for (const { onDone } of done) onDone?.();
  }

  #insert(queued: Queued): void {
    while (this.#tiers.length <= queued.transmits) this.#tiers.push(new Tier());
    this.#tiers[queued.transmits]?.add(queued);
  }

  #drop(queued: Queued): void {
    this.#tiers[queued.transmits]?.remove(queued);
    this.#forget(queued);
  }

  #forget({ number, subject }: Queued): void {
    this.#all.delete(number);
    if (subject !== undefined) this.#bySubject.delete(subject);
  }

  #oldest(): Queued | undefined {
    for (const queued of this.#all.values()) return queued;
    return undefined;
  }
}

/** Messages that were sent equally often: the longest are taken first, of these the newest. */
class Tier {
  readonly #byLength = new Map<number, NewestFirst<Queued>>();
  /** Of those in it, ascending. */
  readonly #lengths: number[] = [];

  add(queued: Queued): void {
    const { length } = queued.message;
    let same = this.#byLength.get(length);
    if (same === undefined) {
      same = new NewestFirst();
      this.#byLength.set(length, same);
      this.#lengths.splice(countBelow(this.#lengths, length), 0, length);
    }
    same.add(queued);
  }

  remove(queued: Queued): void {
    const { length } = queued.message;
    const same = this.#byLength.get(length);
    same?.remove(queued);
    if (same?.isEmpty === true) this.#forget(length);
  }

  /** The one that is to be taken first of those with up to so many bytes. */
  take(bytesMax: number): Queued | undefined {
    const length = this.#lengths[countBelow(this.#lengths, bytesMax + 1) - 1];
    const same = length === undefined ? undefined : this.#byLength.get(length);
    const taken = same?.takeNewest();
    if (length !== undefined && same?.isEmpty === true) this.#forget(length);
    return taken;
  }

  #forget(length: number): void {
    this.#byLength.delete(length);
    this.#lengths.splice(countBelow(this.#lengths, length), 1);
  }
}

/** How many of ascending numbers are below one. */
function countBelow(numbers: readonly number[], end: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) < end) low = middle + 1;
    else high = middle;
  }
  return low;
}
