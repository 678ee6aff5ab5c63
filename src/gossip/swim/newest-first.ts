/** What has an age, and its place among others. */
export interface Aged {
  /** Newer ones have higher numbers. */
  readonly number: number;
  /** Of the heap that it is in; nobody else writes it. */
  place: number;
}

/** A heap with the newest on top; any one can be taken out. */
export class NewestFirst<T extends Aged> {
  readonly #heap: T[] = [];

  get isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  add(added: T): void {
    this.#put(added, this.#heap.length);
    this.#rise(added);
  }

  takeNewest(): T | undefined {
    const [newest] = this.#heap;
    if (newest !== undefined) this.remove(newest);
    return newest;
  }

  remove(removed: T): void {
    const last = this.#heap.pop();
    if (last === undefined || last === removed) return;
    this.#put(last, removed.place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(moved: T): void {
    while (moved.place > 0) {
      const above = this.#heap[(moved.place - 1) >> 1] as T;
      if (above.number > moved.number) return;
      this.#swap(above, moved);
    }
  }

  #sink(moved: T): void {
    for (;;) {
      const left = this.#heap[2 * moved.place + 1];
      const right = this.#heap[2 * moved.place + 2];
      const newer = right !== undefined && left !== undefined && right.number > left.number ? right : left;
      if (newer === undefined || newer.number < moved.number) return;
      this.#swap(moved, newer);
    }
  }

  #swap(above: T, below: T): void {
    const { place } = above;
    this.#put(above, below.place);
    this.#put(below, place);
  }

  #put(moved: T, place: number): void {
    this.#heap[place] = moved;
    moved.place = place;
  }
}
