import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveDraft, ArchiveFile } from "../raft/types.ts";
import { isDiskFull, noSpaceForCopy } from "./failure.ts";
import { SPARE_BYTES, TEMP_PREFIX } from "./temp-dir.ts";

/** Written between two looks at how much room there is. */
const LOOK_EVERY_BYTES = 8 * 1024 * 1024;

/** A name below `dir` that nothing has; what is under it is gone after the next start. */
export function newArchivePath(dir: string): string {
  return join(dir, `${TEMP_PREFIX}${randomUUID()}.snap`);
}

/** The archive that is the file `path`. It is read in the runtime's own threads, so that no loop waits for the disk. */
export async function archiveAt(path: string): Promise<ArchiveFile> {
  const handle = await open(path, "r");
  return new OpenArchive(path, handle, (await handle.stat()).size);
}

class OpenArchive implements ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  readonly #handle: FileHandle;
  #isRemoved = false;

  constructor(path: string, handle: FileHandle, bytes: number) {
    this.path = path;
    this.#handle = handle;
    this.bytes = bytes;
  }

  async read(offset: number, bytesMax: number): Promise<Uint8Array> {
    const part = new Uint8Array(Math.max(0, Math.min(bytesMax, this.bytes - offset)));
    let length = 0;
    while (length < part.length) {
      const { bytesRead } = await this.#handle.read(part, length, part.length - length, offset + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return part.subarray(0, length);
  }

  async remove(): Promise<void> {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    await this.#handle.close();
    await rm(this.path, { force: true });
  }
}

/** A new archive below `dir`, to be filled. Writing rejects with a Refusal when that would leave the log no room. */
export async function newArchive(dir: string): Promise<ArchiveDraft> {
  const path = newArchivePath(dir);
  return new Draft(dir, path, await open(path, "wx", 0o600));
}

class Draft implements ArchiveDraft {
  readonly #dir: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  #bytes = 0;
  #lookAt = 0;
  #isOver = false;

  constructor(dir: string, path: string, handle: FileHandle) {
    this.#dir = dir;
    this.#path = path;
    this.#handle = handle;
  }

  async write(part: Uint8Array): Promise<void> {
    try {
      if (this.#bytes + part.length > this.#lookAt) await this.#look(part.length);
      let length = 0;
      while (length < part.length) length += (await this.#handle.write(part, length)).bytesWritten;
    } catch (error) {
      throw isDiskFull(error) ? noSpaceForCopy(this.#dir) : error;
    }
    this.#bytes += part.length;
  }

  async #look(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#dir);
    if (bavail * bsize < bytes + LOOK_EVERY_BYTES + SPARE_BYTES) throw noSpaceForCopy(this.#dir);
    this.#lookAt = this.#bytes + LOOK_EVERY_BYTES;
  }

  async finish(): Promise<ArchiveFile> {
    this.#isOver = true;
    await this.#handle.close();
    return archiveAt(this.#path);
  }

  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }
}
