import type { Random } from "../../ports/random.ts";

const SEQUENCE_NUMBERS = 2 ** 32;

/** What is to be done with an answer. */
export interface Expected {
  onAck(payload: Uint8Array): void;
  onNack(): void;
}

/** Answers that are awaited, by the number of the ping. Whoever expects one forgets it when its time is over. */
export class Acks {
  readonly #expected = new Map<number, Expected>();
  #next: number;

  /** Begins anywhere, so that nobody can answer pings that it has not seen. */
  constructor(random: Random) {
    this.#next = Math.floor(random.float() * SEQUENCE_NUMBERS);
  }

  /** The number that the ping is to have. */
  expect(expected: Expected): number {
    const seqNo = this.#next;
    this.#next = (this.#next + 1) % SEQUENCE_NUMBERS;
    this.#expected.set(seqNo, expected);
    return seqNo;
  }

  forget(seqNo: number): void {
    this.#expected.delete(seqNo);
  }

  /** Only the first ack of a ping counts. */
  onAck(seqNo: number, payload: Uint8Array): void {
    const expected = this.#expected.get(seqNo);
    this.#expected.delete(seqNo);
    expected?.onAck(payload);
  }

  onNack(seqNo: number): void {
    this.#expected.get(seqNo)?.onNack();
  }
}
