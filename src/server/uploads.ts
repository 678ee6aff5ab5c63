import { Refusal } from "../lib/refusal.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/commands.ts";

/** A part in one call: little beside what else goes to the leader. */
export const PART_BYTES = 2 * 1024 * 1024;
/** An upload whose next part doesn't come is dropped. */
const IDLE_MS = 60_000;
const UPLOADS_MAX = 2;

/** A part of something too large for one call. Parts come in order. */
export interface Part {
  /** A new one for each upload. */
  id: string;
  offset: number;
  totalBytes: number;
  data: Uint8Array;
}

interface Upload {
  bytes: Uint8Array;
  have: number;
  timer: Timer | undefined;
}

/** Puts together what other servers send in parts. */
export class Uploads {
  readonly #clock: Clock;
  readonly #open = new Map<string, Upload>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The whole, once its last part is here. Throws a Refusal for a part that doesn't fit. */
  take({ id, offset, totalBytes, data }: Part): Uint8Array | undefined {
    const upload = this.#open.get(id) ?? this.#begin(offset, totalBytes);
    upload.timer?.cancel();
    if (upload.have !== offset || upload.bytes.length !== totalBytes || offset + data.length > totalBytes) {
      this.#open.delete(id);
      throw new Refusal("a part of the upload is missing; send it again", 500, "refused");
    }
    upload.bytes.set(data, offset);
    upload.have += data.length;
    if (upload.have === totalBytes) {
      this.#open.delete(id);
      return upload.bytes;
    }
    this.#open.set(id, upload);
    upload.timer = this.#clock.after(IDLE_MS, () => this.#open.delete(id));
    return undefined;
  }

  #begin(offset: number, totalBytes: number): Upload {
    const refuse = (why: string) => new Refusal(why, 500, "refused");
    if (offset !== 0) throw refuse("the upload is not known here any more; send it again");
    if (totalBytes > ARCHIVE_BYTES_MAX) throw refuse(`the upload has more than ${ARCHIVE_BYTES_MAX} bytes`);
    if (this.#open.size >= UPLOADS_MAX) throw refuse("other uploads are under way; try again when they are done");
    return { bytes: new Uint8Array(totalBytes), have: 0, timer: undefined };
  }
}

/** `bytes` in parts, at least one. */
export function* partsOf(id: string, bytes: Uint8Array): Generator<Part> {
  let offset = 0;
  do {
    yield { id, offset, totalBytes: bytes.length, data: bytes.subarray(offset, offset + PART_BYTES) };
    offset += PART_BYTES;
  } while (offset < bytes.length);
}
