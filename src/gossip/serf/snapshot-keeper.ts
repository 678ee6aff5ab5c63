import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { SnapshotStore } from "./options.ts";
import { encodeSnapshot, type Snapshot } from "./snapshot-text.ts";

/** Flash wears out: the file is written as a whole, and no oftener than this. */
const WRITE_INTERVAL_MS = 5000;
/** What changed after a quiet time is written as soon as Serf's agents do: who dies then has to find the pool again. */
const SOON_MS = 500;

export interface SnapshotKeeperOptions {
  readonly store: SnapshotStore["store"];
  /** What is to be kept now. */
  readonly current: () => Snapshot;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Writes the snapshot soon after something changed, and some seconds apart. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #timer: Timer | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #written: string;
  #isClosed = false;
  #hasFailed = false;

  /** `text`: what is kept already. */
  constructor(text: string, options: SnapshotKeeperOptions) {
    this.#written = text;
    this.#options = options;
  }

  /** Something may have changed. */
  touch(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    const { clock } = this.#options;
    const waitMs = Math.max(SOON_MS, this.#writtenMs + WRITE_INTERVAL_MS - clock.monotonicMs());
    this.#timer = clock.after(waitMs, () => {
      this.#timer = undefined;
      void this.#write(false);
    });
  }

  /** Writes what is not written yet, so that it survives a power cut. Never rejects. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#write(true);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.flush();
  }

  async #write(durable: boolean): Promise<void> {
    const text = encodeSnapshot(this.#options.current());
    if (text === this.#written) return;
    this.#writtenMs = this.#options.clock.monotonicMs();
    try {
      await this.#options.store(text, durable);
      this.#written = text;
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.log.error(`can't keep what is known of the pool, so a restart may not find it: ${reason}`);
      }
      this.#hasFailed = true;
      this.touch();
    }
  }
}
