type Close = () => void | Promise<void>;

/** What is open so far. Closing goes the other way round: whoever was opened later may still need what was opened before. */
export class OpenParts {
  #closers: Close[] = [];

  add(close: Close): void {
    this.#closers.push(close);
  }

  /** Closes all, each once, also when one fails; rejects with the first failure. */
  async close(): Promise<void> {
    const closers = this.#closers.reverse();
    this.#closers = [];
    const failures: unknown[] = [];
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs `open`; when it fails, what it opened is closed again and its own error goes on. */
export async function openAll<T>(open: (parts: OpenParts) => Promise<T>): Promise<T> {
  const parts = new OpenParts();
  try {
    return await open(parts);
  } catch (error) {
    // Why the start failed matters; what else fails on the way out is its consequence.
    await parts.close().catch(() => undefined);
    throw error;
  }
}
