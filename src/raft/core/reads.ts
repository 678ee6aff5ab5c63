/** Who asked for a read index: this server's own reader, or another server. */
export type Reader = { id: number; from: string | undefined };

interface Waiting {
  reader: Reader;
  index: number;
  round: number;
}

/** Reads that wait until a round of heartbeats, sent after they came, has confirmed the leader (thesis 6.4). */
export class Reads {
  /** In order of their rounds. */
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(reader: Reader, index: number, round: number): void {
    this.#waiting.push({ reader, index, round });
  }

  /** Takes those whose round is confirmed. */
  confirmed(round: number): readonly { reader: Reader; index: number }[] {
    const end = this.#waiting.findIndex((read) => read.round > round);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** Takes all. */
  drain(): readonly { reader: Reader }[] {
    return this.#waiting.splice(0);
  }
}
