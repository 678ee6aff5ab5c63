/** Rounding must not wake a server just before its deadline. */
const WAKE_LATER_MS = 1e-6;

/** A server's monotonic clock: its own origin and its own speed. */
export class Clock {
  readonly #offsetMs: number;
  /** Its milliseconds in one of the world's. */
  readonly #speed: number;

  constructor(offsetMs: number, speed: number) {
    this.#offsetMs = offsetMs;
    this.#speed = speed;
  }

  /** What it shows at a time of the world. */
  showsMs(worldMs: number): number {
    return this.#offsetMs + worldMs * this.#speed;
  }

  /** The world's time at which it shows `localMs` or a little more. */
  worldMs(localMs: number): number {
    return (localMs - this.#offsetMs) / this.#speed + WAKE_LATER_MS;
  }
}
