import type { SnapshotMeta } from "./messages.ts";
import type { Limits, Progress } from "./types.ts";

interface Inflight {
  lastIndex: number;
  bytes: number;
  sentMs: number;
}

/** A snapshot on its way: a part is being read, or was sent and not answered. */
interface Transfer {
  /** Undefined until the first part is read. */
  snapshot: SnapshotMeta | undefined;
  offset: number;
  isReading: boolean;
  sentMs: number;
}

/** What a leader knows of another server. */
export class FollowerProgress implements Progress {
  readonly id: string;
  match = 0;
  next: number;
  state: "probe" | "replicate" | "snapshot" = "probe";
  contactMs: number | undefined;
  /** Newest round of heartbeats that it answered, and when that was sent. */
  ackedRound = 0;
  ackedSentMs = Number.NEGATIVE_INFINITY;
  /** Commit index that it was told. */
  toldCommit = 0;
  /** When the probe that is under way was sent. */
  probeSentMs: number | undefined;
  /** Entries for it are being read from the disk. */
  isReading = false;
  transfer: Transfer | undefined;
  /** No longer in the configuration; gets the entry that says so. */
  isLeaving = false;
  #inflight: Inflight[] = [];
  #inflightBytes = 0;

  constructor(id: string, next: number) {
    this.id = id;
    this.next = next;
  }

  isFull({ inflightAppendsMax, inflightBytesMax }: Limits): boolean {
    return this.#inflight.length >= inflightAppendsMax || this.#inflightBytes >= inflightBytesMax;
  }

  /** When the oldest append under way was sent. */
  get oldestSentMs(): number | undefined {
    return this.#inflight[0]?.sentMs;
  }

  /** An append was sent; the next one follows without waiting for its answer. */
  sent(lastIndex: number, bytes: number, sentMs: number): void {
    this.next = lastIndex + 1;
    this.#inflight.push({ lastIndex, bytes, sentMs });
    this.#inflightBytes += bytes;
  }

  /** The oldest append is asked after: it isn't old again for a while. */
  askedAgain(nowMs: number): void {
    const oldest = this.#inflight[0];
    if (oldest !== undefined) oldest.sentMs = nowMs;
  }

  /** It has all up to `index`. */
  matched(index: number): void {
    this.match = Math.max(this.match, index);
    while (this.#inflight[0] !== undefined && this.#inflight[0].lastIndex <= index) {
      this.#inflightBytes -= this.#inflight.shift()?.bytes ?? 0;
    }
    if (this.state === "probe") {
      this.#become("replicate");
      this.next = this.match + 1;
    }
    this.next = Math.max(this.next, this.match + 1);
  }

  /** One append at a time, from `next` on, until one is answered. */
  probe(next: number): void {
    this.#become("probe");
    this.next = Math.max(next, this.match + 1);
  }

  sendSnapshot(): void {
    this.#become("snapshot");
    this.transfer = { snapshot: undefined, offset: 0, isReading: true, sentMs: 0 };
  }

  #become(state: FollowerProgress["state"]): void {
    this.state = state;
    this.probeSentMs = undefined;
    this.transfer = undefined;
    this.#inflight = [];
    this.#inflightBytes = 0;
  }
}
