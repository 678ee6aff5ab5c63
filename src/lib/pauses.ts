import { pause, type Timers } from "./pause.ts";

/** Pauses that may be ended before their time, all at once. */
export class Pauses {
  readonly #clock: Timers;
  readonly #ending = new Set<AbortController>();

  constructor(clock: Timers) {
    this.#clock = clock;
  }

  /** As `pause`. */
  async pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const controller = new AbortController();
    this.#ending.add(controller);
    await pause(this.#clock, delayMs, AbortSignal.any([signal, controller.signal]));
    this.#ending.delete(controller);
  }

  /** Ends those that are under way. */
  end(): void {
    for (const controller of this.#ending) controller.abort();
  }
}
