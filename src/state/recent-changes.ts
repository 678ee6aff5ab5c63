import type { Publisher } from "./publisher.ts";
import type { Topic } from "./topics.ts";

export const RECENT_TOPICS_MAX = 8192;

/**
 * When topics last changed, for readers who come back: exact for the newest changes, and honest about how far back it
 * knows (`floor`). Kept in memory, and only from the first reader on: most servers have none, and every write would pay.
 */
export class RecentChanges {
  readonly #publisher: Publisher;
  /** In order of the last change, oldest first. */
  readonly #lastIndex = new Map<Topic, number>();
  #floor = Number.POSITIVE_INFINITY;

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** A reader comes: remembers changes from now on, if it does not yet. */
  begin(appliedIndex: number): void {
    if (this.#floor !== Number.POSITIVE_INFINITY) return;
    this.#floor = appliedIndex;
    this.#publisher.follow((topics, index) => {
      for (const topic of topics) this.#note(topic, index);
    });
  }

  /** Changes at or before this index are not known; infinite before the first reader. */
  get floor(): number {
    return this.#floor;
  }

  /** Index of the last known change, or undefined when the topic did not change since `floor`. */
  lastChange(topic: Topic): number | undefined {
    return this.#lastIndex.get(topic);
  }

  /** Index of the last known change of any key under a prefix. */
  lastChangeUnder(kvPrefix: string): number | undefined {
    let last: number | undefined;
    for (const [topic, index] of this.#lastIndex) {
      if (topic.startsWith("kv/") && topic.startsWith(kvPrefix, 3)) last = index;
    }
    return last;
  }

  /** Nothing from before is known any more. */
  reset(floor: number): void {
    this.#lastIndex.clear();
    if (this.#floor !== Number.POSITIVE_INFINITY) this.#floor = floor;
  }

  #note(topic: Topic, index: number): void {
    this.#lastIndex.delete(topic);
    this.#lastIndex.set(topic, index);
    if (this.#lastIndex.size <= RECENT_TOPICS_MAX) return;
    const oldest = this.#lastIndex.entries().next().value;
    if (oldest === undefined) return;
    this.#lastIndex.delete(oldest[0]);
    this.#floor = Math.max(this.#floor, oldest[1]);
  }
}
