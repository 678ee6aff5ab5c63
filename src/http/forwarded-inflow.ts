import type { Clock, Timer } from "../ports/clock.ts";

/** How long the next part of a body is waited for. */
const PART_WAIT_MS = 60_000;

/** A request's body that comes in parts, as a stream; the next part is taken when the one before was read. */
export class Inflow {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #bytes = 0;
  #isOver = false;
  /** Whoever reads waits for a part. */
  #isHungry = false;
  /** Who brought the last part, until it was read. */
  #brought: ((isWanted: boolean) => void) | undefined;
  #timer: Timer | undefined;

  /** More bytes than `bytesMax` are not what was announced. */
  constructor(first: Uint8Array | undefined, bytesMax: number, clock: Clock) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          if (first !== undefined) this.#take(first);
        },
        pull: () => this.#pull(),
        cancel: () => this.end(),
      },
      { highWaterMark: 1 },
    );
  }

  /** Resolves when the part was read: with whether another one is wanted. */
  push(part: Uint8Array, isLast: boolean): Promise<boolean> {
    if (this.#isOver || this.#brought !== undefined || !this.#take(part)) return Promise.resolve(false);
    if (isLast) {
      this.#controller?.close();
      this.#isOver = true;
      this.#timer?.cancel();
      return Promise.resolve(false);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#isHungry) resolve(true);
    else this.#brought = resolve;
    return promise;
  }

  /** The body breaks off. */
  fail(why: string): void {
    if (this.#isOver) return;
    this.#controller?.error(new Error(why));
    this.end();
  }

  /** Nobody reads any more. */
  end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#brought?.(false);
    this.#brought = undefined;
  }

  #take(part: Uint8Array): boolean {
    this.#timer?.cancel();
    this.#isHungry = false;
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) {
      this.fail("the body is longer than was announced");
      return false;
    }
    this.#controller?.enqueue(part);
    return true;
  }

  #pull(): void {
    if (this.#isOver) return;
    this.#isHungry = true;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(PART_WAIT_MS, () => this.fail("the rest of the body did not come"));
    this.#brought?.(true);
    this.#brought = undefined;
  }
}
