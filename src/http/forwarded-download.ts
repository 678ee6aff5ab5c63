import type { Clock, Timer } from "../ports/clock.ts";
import { PART_BYTES_MAX, type ReadAnswer } from "./forward-protocol.ts";
import type { ByteSource } from "./forward-upload.ts";

/** A part is waited for so long: then there is none, and whoever fetches asks again. */
const PART_WAIT_MS = 30_000;
/** An answer that nobody fetches is given up after this. */
const UNREAD_MS_MAX = 300_000;

type Chunk = Awaited<ReturnType<ByteSource["read"]>>;

/** An answer's body, fetched in parts. */
export class Download {
  /** Resolves when nothing is left to be fetched. */
  readonly over: Promise<void>;
  readonly #clock: Clock;
  readonly #reader: ByteSource | undefined;
  readonly #onOver: () => void;
  /** What has come and was not fetched. */
  #rest: Uint8Array | undefined;
  /** What is being read, also after somebody's time to wait for it was over. */
  #reading: Promise<Chunk> | undefined;
  #unread: Timer | undefined;
  #isBusy = false;
  #isOver = false;

  private constructor(clock: Clock, rest: Uint8Array | undefined, reader: ByteSource | undefined) {
    this.#clock = clock;
    this.#rest = rest;
    this.#reader = reader;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#onOver = resolve;
    this.#expire();
  }

  static ofBytes(bytes: Uint8Array, clock: Clock): Download {
    return new Download(clock, bytes, undefined);
  }

  static ofStream({ body }: Response, clock: Clock): Download {
    return new Download(clock, undefined, body?.getReader());
  }

  /** The next part; rejects when the body breaks off, and for a second fetch at the same time. */
  async next(signal: AbortSignal): Promise<ReadAnswer> {
    if (this.#isBusy || this.#isOver) throw new Error("the answer is fetched already, or over");
    this.#isBusy = true;
    this.#unread?.cancel();
    try {
      const part = this.#kept() ?? (await this.#read(signal));
      if (part.more) this.#expire();
      else this.#end();
      return part;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Nobody fetches the rest. */
  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    void this.#reader?.cancel().catch(() => undefined);
  }

  #kept(): ReadAnswer | undefined {
    const rest = this.#rest;
    if (rest === undefined) return undefined;
    const left = rest.length > PART_BYTES_MAX ? rest.subarray(PART_BYTES_MAX) : undefined;
    this.#rest = left;
    const body = rest.subarray(0, PART_BYTES_MAX) as Uint8Array<ArrayBuffer>;
    return { body, more: left !== undefined || this.#reader !== undefined };
  }

  async #read(signal: AbortSignal): Promise<ReadAnswer> {
    this.#reading ??= this.#reader?.read() ?? Promise.resolve({ done: true });
    const chunk = await this.#within(this.#reading, signal).catch(() => {
      throw new Error("the answer breaks off");
    });
    if (chunk === undefined) return { more: true };
    this.#reading = undefined;
    if (chunk.done) return { more: false };
    this.#rest = chunk.value;
    return this.#kept() ?? { more: true };
  }

  /** Undefined when the time or the wish to wait is over. */
  #within(reading: Promise<Chunk>, signal: AbortSignal): Promise<Chunk | undefined> {
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", giveUp);
      };
      const giveUp = () => {
        end();
        resolve(undefined);
      };
      const timer = this.#clock.after(PART_WAIT_MS, giveUp);
      signal.addEventListener("abort", giveUp);
      reading.then(resolve, reject).finally(end);
    });
  }

  #expire(): void {
    this.#unread = this.#clock.after(UNREAD_MS_MAX, () => this.cancel());
  }

  #end(): void {
    this.#isOver = true;
    this.#unread?.cancel();
    this.#rest = undefined;
    this.#onOver();
  }
}
