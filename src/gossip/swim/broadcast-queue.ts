import { assert } from "../../lib/assert.ts";
import { transmitLimit } from "./scale.ts";

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
 * (memberlist's TransmitLimitedQueue). Adding and taking cost the same however many wait.
 */
export class BroadcastQueue {
  readonly #options: BroadcastQueueOptions;
  /** By how often they were sent; in each the one that is taken first stands last. */
  readonly #tiers: Queued[][] = [];
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
    const queued = { message, subject, onDone, number: this.#next++, transmits: 0 };
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
      for (let end = endOfFitting(tier, left); end > 0 && left > 0; end = endOfFitting(tier, left)) {
        const [queued] = tier.splice(end - 1, 1) as [Queued];
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
    while (this.#tiers.length <= queued.transmits) this.#tiers.push([]);
    const tier = this.#tiers[queued.transmits] as Queued[];
    tier.splice(placeOf(tier, queued), 0, queued);
  }

  #drop(queued: Queued): void {
    const tier = this.#tiers[queued.transmits] as Queued[];
    tier.splice(placeOf(tier, queued), 1);
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

/** Where it stands in a tier, or is to stand: after shorter ones, and after older ones of the same length. */
function placeOf(tier: readonly Queued[], { message, number }: Queued): number {
  return lowest(tier, (other) => other.message.length - message.length || other.number - number);
}

/** How many of a tier have up to so many bytes. */
function endOfFitting(tier: readonly Queued[], bytes: number): number {
  const last = tier.at(-1);
  if (last === undefined || last.message.length <= bytes) return tier.length;
  return lowest(tier, (other) => other.message.length - bytes - 1);
}

/** The first that is not below; `order` is negative for those that are. */
function lowest(tier: readonly Queued[], order: (queued: Queued) => number): number {
  let low = 0;
  let high = tier.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(tier[middle] as Queued) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
