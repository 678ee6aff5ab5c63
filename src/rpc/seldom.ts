const KEYS_MAX = 256;

/** Says whether something may be logged again, so that what fails again and again fills no log. */
export class Seldom {
  readonly #nowMs: () => number;
  readonly #everyMs: number;
  readonly #lastMs = new Map<string, number>();

  constructor(nowMs: () => number, everyMs: number) {
    this.#nowMs = nowMs;
    this.#everyMs = everyMs;
  }

  /** True for the first time, and then once in each period. */
  may(key: string): boolean {
    const nowMs = this.#nowMs();
    const lastMs = this.#lastMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < this.#everyMs) return false;
    this.#lastMs.delete(key);
    const [oldest] = this.#lastMs.keys();
    if (this.#lastMs.size >= KEYS_MAX && oldest !== undefined) this.#lastMs.delete(oldest);
    this.#lastMs.set(key, nowMs);
    return true;
  }
}
