interface Item {
  atMs: number;
  /** Breaks ties, so that a run does not depend on the heap's shape. */
  order: number;
  action: () => void;
}

/** What is to happen, earliest first; at the same time in the order of arrival. */
export class EventQueue {
  readonly #heap: Item[] = [];
  #orders = 0;

  /** When the next thing happens; Infinity when nothing will. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  push(atMs: number, action: () => void): void {
    const heap = this.#heap;
    const item = { atMs, order: this.#orders++, action };
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Item;
      if (parent.atMs < atMs || (parent.atMs === atMs && parent.order < item.order)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  pop(): { atMs: number; action: () => void } | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || top === last) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Item, heap[below] as Item)) below++;
      const child = heap[below] as Item;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Item, b: Item): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
