import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TarMember, writeTar } from "../../src/codec/tar.ts";
import type { ArchiveDraft, ArchiveFile } from "../../src/raft/types.ts";
import { unpackArchive } from "../../src/storage/unpack.ts";

/** A real archive, saved by Consul 1.8.7 of a server with one of everything. */
export const CONSUL_ARCHIVE = new Uint8Array(readFileSync(join(import.meta.dir, "../fixtures/consul-1.8.7.snap")));

/** One in memory, as what takes archives from the disk knows it. */
export class MemoryArchive implements ArchiveFile {
  readonly path = "";
  readonly content: Uint8Array;
  isRemoved = false;

  constructor(content: Uint8Array) {
    this.content = content;
  }

  get bytes(): number {
    return this.content.length;
  }

  async read(offset: number, bytesMax: number): Promise<Uint8Array> {
    return this.content.subarray(offset, offset + bytesMax);
  }

  async remove(): Promise<void> {
    this.isRemoved = true;
  }
}

/** A draft of one in memory. */
export class MemoryDraft implements ArchiveDraft {
  readonly #parts: Uint8Array[] = [];
  isDiscarded = false;

  async write(part: Uint8Array): Promise<void> {
    this.#parts.push(part.slice());
  }

  async finish(): Promise<MemoryArchive> {
    return new MemoryArchive(Bun.concatArrayBuffers(this.#parts as Uint8Array<ArrayBuffer>[], Infinity, true));
  }

  async discard(): Promise<void> {
    this.isDiscarded = true;
  }
}

/** All of an archive, which is removed. */
export async function takeAll(archive: ArchiveFile): Promise<Uint8Array> {
  const bytes = await archive.read(0, archive.bytes);
  await archive.remove();
  return bytes;
}

/** Unpacks an archive that is in memory, in parts as it would come; `partBytes` of each. */
export function unpacked(archive: Uint8Array, statePath: string, partBytes = 256 * 1024) {
  const count = Math.ceil(archive.length / partBytes);
  const parts = Array.from({ length: count }, (_, at) => archive.subarray(at * partBytes, (at + 1) * partBytes));
  return unpackArchive(parts, { statePath });
}

export function sha256(data: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

/** An archive of these files; sums and size are right unless told otherwise. */
export function packed(
  state: Uint8Array,
  also: { meta?: string; sums?: string; extra?: TarMember[] } = {},
): Uint8Array {
  const meta = also.meta ?? JSON.stringify({ Version: 1, ID: "2-81-1", Index: 81, Term: 2, Size: state.length });
  const files = [
    { name: "meta.json", data: Buffer.from(meta) },
    { name: "state.bin", data: state },
    { name: "SHA256SUMS", data: Buffer.from(also.sums ?? `${sha256(meta)}  meta.json\n${sha256(state)}  state.bin\n`) },
    ...(also.extra ?? []),
  ];
  return gzipSync(writeTar(files, 0));
}
