import type { Clock, Timer } from "../ports/clock.ts";

/** Another look while there is no news: what was missed, or a link that came back, is found then. */
const RETRY_MS = 100;

/** Holds requests while nobody leads: tries again when the leader changes, and now and then. */
export class LeaderHold {
  readonly #clock: Clock;
  readonly #holdMs: () => number;
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  /** `holdMs`: `rpc_hold_timeout`, how long a request waits for a leader. */
  constructor(clock: Clock, holdMs: () => number) {
    this.#clock = clock;
    this.#holdMs = holdMs;
  }

  /** The leader may be another one. */
  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Nobody waits any longer: the server stops. */
  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /** Runs `attempt` until it doesn't fail in a way that `mayRetry`, or the time is over; then its error goes on. */
  async hold<T>(attempt: () => Promise<T>, mayRetry: (error: unknown) => boolean): Promise<T> {
    const untilMs = this.#clock.monotonicMs() + this.#holdMs();
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!mayRetry(error) || this.#isClosed || this.#clock.monotonicMs() >= untilMs) throw error;
      }
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer;
      const wake = () => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      timer = this.#clock.after(RETRY_MS, wake);
      this.#waiting.add(wake);
    });
  }
}
