import type { Clock, Timer } from "../../../src/ports/clock.ts";
import type { EventQueue } from "../../sim/world/queue.ts";

/** How long a turn of the event loop takes here. */
const TURN_MS = 0.01;

/** The world's time, and what is to happen in it. */
export class WorldTime {
  nowMs = 0;
  readonly queue: EventQueue;

  constructor(queue: EventQueue) {
    this.queue = queue;
  }

  after(delayMs: number, action: () => void): void {
    this.queue.push(this.nowMs + Math.max(0, delayMs), action);
  }
}

/** The world's time as one process sees it: while that stands still its timers wait, and then they are all late. */
export class NodeClock implements Clock {
  readonly #time: WorldTime;
  #late: (() => void)[] | undefined;

  constructor(time: WorldTime) {
    this.#time = time;
  }

  nowMs(): number {
    return this.#time.nowMs;
  }

  monotonicMs(): number {
    return this.#time.nowMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    let isCancelled = false;
    const fire = () => {
      if (isCancelled) return;
      if (this.#late === undefined) fn();
      else this.#late.push(fire);
    };
    this.#time.after(delayMs, fire);
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  }

  soon(fn: () => void): void {
    this.after(TURN_MS, fn);
  }

  stop(): void {
    this.#late ??= [];
  }

  goOn(): void {
    const late = this.#late ?? [];
    this.#late = undefined;
    for (const fire of late) fire();
  }
}
