import { assert } from "../../lib/assert.ts";

/**
 * How well this member itself keeps up (Lifeguard's local health multiplier): 0 is healthy. Whoever misses answers may be
 * the one who is slow, so it gives the others more time.
 */
export class Awareness {
  readonly #scoreEnd: number;
  readonly #onChange: (score: number) => void;
  #score = 0;

  /** The score stays below `scoreEnd`; with 1 it is always 0. */
  constructor(scoreEnd: number, onChange: (score: number) => void) {
    assert(scoreEnd >= 1, "a score needs room for 0");
    this.#scoreEnd = scoreEnd;
    this.#onChange = onChange;
  }

  get score(): number {
    return this.#score;
  }

  apply(delta: number): void {
    const score = Math.max(0, Math.min(this.#scoreEnd - 1, this.#score + delta));
    if (score === this.#score) return;
    this.#score = score;
    this.#onChange(score);
  }

  scaledMs(ms: number): number {
    return ms * (this.#score + 1);
  }
}
