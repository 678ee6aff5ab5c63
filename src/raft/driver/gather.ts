import type { Clock } from "../../ports/clock.ts";

/** Longest wait for those that were just answered: less than what another fsync and round of messages cost. */
const WAIT_MS_MAX = 0.25;
/** A group of this size is worth its fsync: it is not waited for. */
const ENOUGH = 32;

export interface GatherDeps<T> {
  clock: Clock;
  /** Whether the disk still works on what it was given before. */
  isDiskBusy(): boolean;
  send(items: T[]): void;
}

/** Sends together what comes in one turn of the event loop, or while the disk is busy. */
export class Gather<T> {
  readonly #deps: GatherDeps<T>;
  #items: T[] = [];
  #isDue = false;
  /** How many come at once of late. */
  #expected = 0;
  #sent = 0;

  constructor(deps: GatherDeps<T>) {
    this.#deps = deps;
  }

  add(item: T): void {
    if (this.#items.push(item) === 1) this.#wait();
  }

  /** The disk has done what it was given: what has come meanwhile goes next. */
  onDiskIdle(): void {
    // Those answered now and those who wait already: as many may be at it again in a moment.
    this.#expected = this.#sent + this.#items.length;
    if (this.#items.length > 0) this.#wait();
  }

  /** Sends when the expected ones are here, or after a moment without them. */
  #wait(): void {
    const { clock, isDiskBusy } = this.#deps;
    if (this.#isDue || isDiskBusy()) return;
    this.#isDue = true;
    const untilMs = clock.monotonicMs() + WAIT_MS_MAX;
    const enough = Math.min(this.#expected, ENOUGH);
    const look = () => {
      const { length } = this.#items;
      if (length > 0 && length < enough && clock.monotonicMs() < untilMs) {
        clock.soon(look);
        return;
      }
      this.#isDue = false;
      this.flush();
    };
    clock.soon(look);
  }

  /** Sends what is there now. */
  flush(): void {
    const items = this.take();
    if (items.length === 0) return;
    this.#sent = items.length;
    this.#deps.send(items);
  }

  /** What is there, which is not sent any more. */
  take(): T[] {
    const items = this.#items;
    if (items.length > 0) this.#items = [];
    return items;
  }
}
