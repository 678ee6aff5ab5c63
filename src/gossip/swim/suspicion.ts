import type { Clock } from "../../ports/clock.ts";
import { Deadline } from "./deadline.ts";
import { type SuspicionBounds, suspicionTimeoutMs } from "./scale.ts";

export interface SuspicionOptions {
  readonly bounds: SuspicionBounds;
  /** Who accused first: no confirmation of its own accusation. */
  readonly accuser: string;
  readonly clock: Clock;
  /** What is added, once, when the time ends after this process stood still. */
  readonly graceMs: number;
  /** The time is over; told how many confirmed. */
  readonly onExpired: (confirmations: number) => void;
}

/** The time that a suspect has to refute: the more members confirm, the shorter (Lifeguard's local health aware suspicion). */
export class Suspicion {
  readonly #options: SuspicionOptions;
  readonly #startMs: number;
  /** The first accuser and those who confirmed. */
  readonly #accusers: Set<string>;
  #deadline: Deadline;

  constructor(options: SuspicionOptions) {
    this.#options = options;
    this.#accusers = new Set([options.accuser]);
    this.#startMs = options.clock.monotonicMs();
    this.#deadline = this.#until(suspicionTimeoutMs(options.bounds, 0));
  }

  get #confirmations(): number {
    return this.#accusers.size - 1;
  }

  /** False when it says nothing new: this one has accused before, or enough have. */
  confirm(from: string): boolean {
    const { bounds, clock } = this.#options;
    if (this.#confirmations >= bounds.wanted || this.#accusers.has(from)) return false;
    this.#accusers.add(from);
    this.#deadline.cancel();
    const passedMs = clock.monotonicMs() - this.#startMs;
    this.#deadline = this.#until(Math.max(0, suspicionTimeoutMs(bounds, this.#confirmations) - passedMs));
    return true;
  }

  cancel(): void {
    this.#deadline.cancel();
  }

  #until(delayMs: number): Deadline {
    const { clock, graceMs, onExpired } = this.#options;
    return new Deadline(clock, delayMs, graceMs, () => onExpired(this.#confirmations));
  }
}
