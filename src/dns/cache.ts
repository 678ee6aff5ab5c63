import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { DnsState } from "./source.ts";

/** Different shuffles that are kept of one answer. */
const VARIANTS_MAX = 8;
/** A shuffle is made anew after this many uses or this long, so that load spreads over all instances in the end. */
const VARIANT_USES_MAX = 64;
const VARIANT_AGE_MS_MAX = 1000;
/** What an entry takes beside its bytes: maps, subscription, array. An estimate, to keep small entries bounded too. */
const ENTRY_OVERHEAD_BYTES = 512;

interface Variant {
  readonly wire: Uint8Array;
  usesLeft: number;
  readonly madeAtMs: number;
}

interface Entry {
  readonly variants: (Variant | undefined)[];
  readonly unsubscribe: () => void;
  bytes: number;
  /** The variant that was picked last and has to be made. */
  vacant: number;
  /** Hit since the last time that room was sought. */
  used: boolean;
}

/**
 * Finished answers by the bytes of the query. An entry goes as soon as one of its topics changes, so a hit is never
 * older than the state, and when room is needed, those that were not used lately (second chance).
 */
export class WireCache {
  readonly #entries = new Map<string, Entry>();
  readonly #state: Pick<DnsState, "subscribe">;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(state: Pick<DnsState, "subscribe">, clock: Clock, random: Random, bytesMax: number) {
    this.#state = state;
    this.#clock = clock;
    this.#random = random;
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * One of the entry's shuffles, picked at random. The caller may write the id into it and must be done with it before
   * the next `get`. `undefined` asks for a new answer, to be given to `put`.
   */
  get(key: string): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.used = true;
    const count = entry.variants.length;
    const slot = count === 1 ? 0 : Math.floor(this.#random.float() * count);
    const variant = entry.variants[slot];
    if (variant !== undefined) {
      if (count === 1) return variant.wire;
      if (--variant.usesLeft >= 0 && this.#clock.monotonicMs() - variant.madeAtMs < VARIANT_AGE_MS_MAX)
        return variant.wire;
    }
    entry.vacant = slot;
    return undefined;
  }

  /** Keeps `wire`, which then belongs to the cache. `rotates` tells that another computation may order it differently. */
  put(key: string, wire: Uint8Array, topics: ReadonlySet<string>, rotates: boolean): void {
    const entry = this.#entries.get(key) ?? this.#add(key, topics, rotates);
    const slot = entry.vacant % entry.variants.length;
    const added = wire.length - (entry.variants[slot]?.wire.length ?? 0);
    entry.variants[slot] = { wire, usesLeft: VARIANT_USES_MAX, madeAtMs: this.#clock.monotonicMs() };
    entry.bytes += added;
    this.#bytes += added;
    this.#makeRoom();
  }

  /** Forgets everything, as after a change of the configuration. */
  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #add(key: string, topics: ReadonlySet<string>, rotates: boolean): Entry {
    const bytes = ENTRY_OVERHEAD_BYTES + key.length;
    const entry: Entry = {
      variants: new Array<Variant | undefined>(rotates ? VARIANTS_MAX : 1).fill(undefined),
      unsubscribe: this.#state.subscribe([...topics], () => this.#drop(key)),
      bytes,
      vacant: 0,
      used: false,
    };
    this.#entries.set(key, entry);
    this.#bytes += bytes;
    return entry;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    entry.unsubscribe();
  }

  /** Ends, because every round either drops an entry or takes a used one's mark. */
  #makeRoom(): void {
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#entries.entries().next().value;
      if (oldest === undefined) return;
      const [key, entry] = oldest;
      if (entry.used) {
        entry.used = false;
        this.#entries.delete(key);
        this.#entries.set(key, entry);
      } else {
        this.#drop(key);
      }
    }
  }
}
