/** Lines on their way to a slow reader: a ring of fixed size that forgets the oldest and counts what it forgot. */
export class LineQueue {
  readonly #linesMax: number;
  readonly #lines: string[] = [];
  #dropped = 0;
  #wake: (() => void) | undefined;

  constructor(linesMax: number) {
    this.#linesMax = linesMax;
  }

  push(line: string): void {
    if (this.#lines.length >= this.#linesMax) {
      this.#lines.shift();
      this.#dropped++;
    }
    this.#lines.push(line);
    this.#wake?.();
  }

  /** All lines so far and how many were forgotten before them; resolves once there is one, or at the abort (then empty). */
  async take(signal: AbortSignal): Promise<{ lines: string[]; dropped: number }> {
    if (this.#lines.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake, { once: true });
      });
      this.#wake = undefined;
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { lines: this.#lines.splice(0), dropped };
  }
}
