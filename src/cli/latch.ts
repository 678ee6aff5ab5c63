/** A lock or a place of a semaphore in the key/value store, held by a session. */
export interface Latch {
  /**
   * Waits until it is held. Gives false when `signal` is aborted or the time is over. Throws when it can never be held,
   * because the keys are used for something else.
   */
  acquire(signal: AbortSignal): Promise<boolean>;
  /** Resolves when it is held no more, or `signal` is aborted. */
  untilLost(signal: AbortSignal): Promise<void>;
  /** Gives it back; without effect when it was lost. */
  release(): Promise<void>;
  /** Removes the keys that nobody uses any more; gives false when somebody does. */
  cleanUp(): Promise<boolean>;
}

export interface LatchOptions {
  readonly session: string;
  /** Time for `acquire`; 0 means for ever. */
  readonly timeoutMs: number;
  /** How often `untilLost` asks again, a second apart, before a failing server means "lost". */
  readonly monitorRetries: number;
}

/** One long poll while waiting to acquire. */
export const POLL_MS = 15_000;
/** Pause after a refusal that nobody's holding explains: the lock delay of a lost session. */
export const RETRY_MS = 5_000;
/** Pause between tries of a failing monitor. */
export const MONITOR_RETRY_MS = 1_000;
