interface Entry<T> {
  readonly items: readonly T[];
  readonly unsubscribe: () => void;
}

/**
 * Remembers lists that are dear to make, until they may be others. The oldest ones go when there are too many items in all. Empty
 * lists are not remembered: what somebody asks for may be made up without end.
 */
export class ListMemo<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #itemsMax: number;
  #count = 0;

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax;
  }

  /** Belongs to the memo. */
  find(key: string): readonly T[] | undefined {
    return this.#entries.get(key)?.items;
  }

  /** `subscribe` is given what to call when the list may be another one, and gives what ends that. */
  add(key: string, items: readonly T[], subscribe: (drop: () => void) => () => void): void {
    if (items.length === 0 || items.length > this.#itemsMax) return;
    this.#entries.set(key, { items, unsubscribe: subscribe(() => this.#drop(key)) });
    this.#count += items.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#count <= this.#itemsMax) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#count -= entry.items.length;
    entry.unsubscribe();
  }
}
