/** Rounding must not wake a server just before its deadline. */
const WAKE_LATER_MS = 1e-6;

/** A host's monotonic clock: its own origin and its own speed. It stands still while the host is suspended. */
export class Clock {
  #offsetMs: number;
  /** Its milliseconds in one of the world's. */
  readonly #speed: number;
  /** The world's time at which the host was suspended; undefined while it is not. */
  #stoppedMs: number | undefined;
  /** What it has shown when it went on: rounding must not take it back. */
  #leastMs = Number.NEGATIVE_INFINITY;

  constructor(offsetMs: number, speed: number) {
    this.#offsetMs = offsetMs;
    this.#speed = speed;
  }

  get isStopped(): boolean {
    return this.#stoppedMs !== undefined;
  }

  /** What it shows at a time of the world. */
  showsMs(worldMs: number): number {
    return Math.max(this.#leastMs, this.#offsetMs + (this.#stoppedMs ?? worldMs) * this.#speed);
  }

  /** The world's time at which it shows `localMs` or a little more. */
  worldMs(localMs: number): number {
    return (localMs - this.#offsetMs) / this.#speed + WAKE_LATER_MS;
  }

  stop(worldMs: number): void {
    this.#stoppedMs ??= worldMs;
  }

  /** Goes on from what it shows; true when it stood still. */
  goOn(worldMs: number): boolean {
    if (this.#stoppedMs === undefined) return false;
    this.#leastMs = this.showsMs(worldMs);
    this.#offsetMs -= (worldMs - this.#stoppedMs) * this.#speed;
    this.#stoppedMs = undefined;
    return true;
  }
}
