/** Serf's EventBuffer and QueryBuffer. */
export const RING_TIMES = 512;

interface Slot<T> {
  ltime: number;
  items: T[];
}

/** What was seen at each of the last 512 times. */
export class LamportRing<T> {
  readonly #slots: (Slot<T> | undefined)[] = new Array<Slot<T> | undefined>(RING_TIMES);

  /** Whether a message of `ltime` can't be told from a new one any more when the clock stands at `now`. */
  isTooOld(ltime: number, now: number): boolean {
    return now > RING_TIMES && ltime < now - RING_TIMES;
  }

  /** What is kept of a time, to be added to. */
  at(ltime: number): T[] {
    const index = ltime % RING_TIMES;
    const slot = this.#slots[index];
    if (slot?.ltime === ltime) return slot.items;
    const items: T[] = [];
    this.#slots[index] = { ltime, items };
    return items;
  }

  /** All that is kept. */
  kept(): { readonly ltime: number; readonly items: readonly T[] }[] {
    return this.#slots.filter((slot) => slot !== undefined && slot.items.length > 0).map((slot) => slot as Slot<T>);
  }
}
