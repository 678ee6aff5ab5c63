import type { Random as RandomPort } from "../../../src/ports/random.ts";
import { Random } from "../../sim/random.ts";

/** Chance that one seed replays. */
export class SeededRandom implements RandomPort {
  readonly #random: Random;
  #uuids = 0;

  constructor(seed: number, concern: string) {
    this.#random = new Random(seed, concern);
  }

  float(): number {
    return this.#random.next();
  }

  uuid(): string {
    return `00000000-0000-4000-8000-${(++this.#uuids).toString(16).padStart(12, "0")}`;
  }
}
