import type { Timer } from "../../ports/clock.ts";
import { type SuspicionBounds, suspicionTimeoutMs } from "./scale.ts";
import type { StallClock } from "./stall-clock.ts";

/** However often this process stands still, a suspicion ends after so many times its longest. */
const LONGEST_FACTOR_MAX = 2;

export interface SuspicionOptions {
  readonly bounds: SuspicionBounds;
  /** Who accused first: no confirmation of its own accusation. */
  readonly accuser: string;
  readonly clock: StallClock;
  /** The time is over; told how many confirmed. */
  readonly onExpired: (confirmations: number) => void;
}

/** The time that a suspect has to refute: the more members confirm, the shorter (Lifeguard's local health aware suspicion). */
export class Suspicion {
  readonly #options: SuspicionOptions;
  readonly #startMs: number;
  /** The first accuser and those who confirmed. */
  readonly #accusers: Set<string>;
  #timer: Timer;

  constructor(options: SuspicionOptions) {
    this.#options = options;
    this.#accusers = new Set([options.accuser]);
    this.#startMs = options.clock.monotonicMs();
    this.#timer = this.#wait();
  }

  get #confirmations(): number {
    return this.#accusers.size - 1;
  }

  /** False when it says nothing new: this one has accused before, or enough have. */
  confirm(from: string): boolean {
    if (this.#confirmations >= this.#options.bounds.wanted || this.#accusers.has(from)) return false;
    this.#accusers.add(from);
    this.#timer.cancel();
    this.#timer = this.#wait();
    return true;
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #wait(): Timer {
    const { clock } = this.#options;
    return clock.after(Math.max(0, this.#endMs - clock.monotonicMs()), () => this.#onDue());
  }

  /** The suspect may have refuted while this process stood still: it gets the shortest time from then on. */
  get #endMs(): number {
    const { bounds, clock } = this.#options;
    const { minMs, maxMs } = bounds;
    const endMs = this.#startMs + suspicionTimeoutMs(bounds, this.#confirmations);
    if (clock.wentOnMs <= this.#startMs) return endMs;
    return Math.max(endMs, Math.min(clock.wentOnMs + minMs, this.#startMs + LONGEST_FACTOR_MAX * maxMs));
  }

  #onDue() {
    const { clock, onExpired } = this.#options;
    if (clock.monotonicMs() < this.#endMs) this.#timer = this.#wait();
    else onExpired(this.#confirmations);
  }
}
