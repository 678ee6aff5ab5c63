import { Refusal } from "../lib/refusal.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { ArchiveDraft, ArchiveFile } from "../raft/types.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/limits.ts";

/** A part in one call: little beside what else goes to the leader. */
const PART_BYTES = 1024 * 1024;
/** An upload whose next part doesn't come is dropped. */
const IDLE_MS = 60_000;
const UPLOADS_MAX = 2;

/** A part of an archive, which is too large for one call. Parts come in order. */
export interface Part {
  /** A new one for each upload. */
  id: string;
  offset: number;
  totalBytes: number;
  data: Uint8Array;
}

interface Upload {
  draft: ArchiveDraft;
  totalBytes: number;
  have: number;
  timer: Timer | undefined;
}

/** Puts together the archives that other servers send in parts. */
export class Uploads {
  readonly #clock: Clock;
  readonly #newArchive: () => Promise<ArchiveDraft>;
  readonly #open = new Map<string, Upload>();
  #begun = 0;

  constructor(clock: Clock, newArchive: () => Promise<ArchiveDraft>) {
    this.#clock = clock;
    this.#newArchive = newArchive;
  }

  /** The whole, once its last part is here; whoever gets it removes it. Rejects with a Refusal for a part that doesn't fit. */
  async take({ id, offset, totalBytes, data }: Part): Promise<ArchiveFile | undefined> {
    const upload = this.#open.get(id) ?? (await this.#begin(id, offset, totalBytes));
    upload.timer?.cancel();
    const { have } = upload;
    if (have !== offset || upload.totalBytes !== totalBytes || offset + data.length > totalBytes) {
      await this.#drop(id);
      throw new Refusal("a part of the upload is missing; send it again", 500, "refused");
    }
    upload.have += data.length;
    try {
      await upload.draft.write(data);
      if (upload.have < totalBytes) {
        upload.timer = this.#clock.after(IDLE_MS, () => void this.#drop(id));
        return undefined;
      }
      const archive = await upload.draft.finish();
      await this.#drop(id);
      return archive;
    } catch (error) {
      await this.#drop(id);
      throw error;
    }
  }

  async #begin(id: string, offset: number, totalBytes: number): Promise<Upload> {
    const refuse = (why: string) => new Refusal(why, 500, "refused");
    if (offset !== 0) throw refuse("the upload is not known here any more; send it again");
    if (totalBytes > ARCHIVE_BYTES_MAX) throw refuse(`the upload has more than ${ARCHIVE_BYTES_MAX} bytes`);
    if (this.#begun >= UPLOADS_MAX) throw refuse("other uploads are under way; try again when they are done");
    this.#begun++;
    try {
      const upload = { draft: await this.#newArchive(), totalBytes, have: 0, timer: undefined };
      this.#open.set(id, upload);
      return upload;
    } catch (error) {
      this.#begun--;
      throw error;
    }
  }

  async #drop(id: string): Promise<void> {
    const upload = this.#open.get(id);
    if (upload === undefined) return;
    this.#open.delete(id);
    this.#begun--;
    upload.timer?.cancel();
    await upload.draft.discard();
  }
}

/** An archive in parts, at least one, each read when it is wanted. */
export async function* partsOf(id: string, archive: Pick<ArchiveFile, "bytes" | "read">): AsyncGenerator<Part> {
  let offset = 0;
  do {
    const data = await archive.read(offset, PART_BYTES);
    yield { id, offset, totalBytes: archive.bytes, data };
    offset += PART_BYTES;
  } while (offset < archive.bytes);
}
