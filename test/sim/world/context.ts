import type { Random } from "../random.ts";

/** The world, as its parts see it. */
export interface Context {
  readonly nowMs: number;
  /** Happens after `delayMs` of the world's time, in the order of arrival when two fall together. */
  after(delayMs: number, action: () => void): void;
  /** The same at a time of the world, which is not past. */
  at(ms: number, action: () => void): void;
  /** The source of chance of one concern. */
  random(concern: string): Random;
  /** Writes a line of the trace; undefined when nobody reads it, so that no text is made for nothing. */
  readonly trace: ((line: string) => void) | undefined;
}
