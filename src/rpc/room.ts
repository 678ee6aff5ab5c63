/**
 * Lets answers be made only as fast as they leave: thousands may become due at once, when a service changes that all wait
 * for, and the other end may read slowly. Whoever is about to make one enters; the others wait outside, in order.
 */
export class Room {
  readonly #bytesMax: number;
  readonly #answerBytesMax: number;
  readonly #waitingBytes: () => number;
  /** Answers that are being made. */
  #entered = 0;
  readonly #outside: (() => void)[] = [];
  #isClosed = false;

  /** An answer has at most `answerBytesMax`; `waitingBytes` tells what waits to go out. */
  constructor(options: { bytesMax: number; answerBytesMax: number; waitingBytes: () => number }) {
    this.#bytesMax = options.bytesMax;
    this.#answerBytesMax = options.answerBytesMax;
    this.#waitingBytes = options.waitingBytes;
  }

  /** Undefined when an answer may be made at once. */
  enter(): Promise<void> | undefined {
    if (this.#outside.length === 0 && this.#isFree()) {
      this.#entered++;
      return undefined;
    }
    return new Promise((resolve) => this.#outside.push(resolve));
  }

  /** An answer was made, and waits to go out. */
  leave(): void {
    if (this.#entered > 0) this.#entered--;
    this.look();
  }

  /** Something has gone out. */
  look(): void {
    while (this.#outside.length > 0 && this.#isFree()) {
      this.#entered++;
      this.#outside.shift()?.();
    }
  }

  /** Nothing goes out any more. */
  close(): void {
    this.#isClosed = true;
    this.look();
  }

  #isFree(): boolean {
    return this.#isClosed || this.#waitingBytes() + this.#entered * this.#answerBytesMax < this.#bytesMax;
  }
}
