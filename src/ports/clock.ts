/** A pending call of `Clock.after`. */
export interface Timer {
  cancel(): void;
}

/** Time as the cores see it. Leases and timeouts use `monotonicMs`; only what people read uses `nowMs`. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  nowMs(): number;
  /** Never goes back and never jumps; its origin is arbitrary. */
  monotonicMs(): number;
  /** Calls `fn` once, not before `delayMs` from now. */
  after(delayMs: number, fn: () => void): Timer;
  /** Calls `fn` once, in the next turn of the event loop: what has arrived by now is taken before. */
  soon(fn: () => void): void;
}
