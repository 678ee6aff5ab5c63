import { closeSync, openSync, writeSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ArchiveError, ArchiveReader, notGzip } from "../codec/snapshot-archive.ts";
import { Refusal } from "../lib/refusal.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/commands.ts";
import { type ArchiveMeta, metaSchema, UNPACKED_BYTES_MAX } from "./archive.ts";
import { errorCode, errorText, isDiskFull } from "./failure.ts";

const PART_BYTES = 256 * 1024;

/** The unpacked bytes of the parts, a part at a time. */
async function unzip(parts: Iterable<Uint8Array>, onPart: (part: Uint8Array) => void): Promise<void> {
  const gunzip = createGunzip();
  const packed = Readable.from(parts, { objectMode: true });
  // What fails on the way in is told by the way out.
  packed.on("error", (error) => gunzip.destroy(error));
  packed.pipe(gunzip);
  try {
    for await (const part of gunzip) onPart(part as Uint8Array);
  } finally {
    packed.destroy();
  }
}

/**
 * Unpacks an archive, ours or Consul's, and verifies its sums; its state becomes the new file `statePath`. Rejects with a Refusal
 * with status 500 and texts in Consul's words when it isn't whole.
 */
export function unpackArchive(archive: Uint8Array, statePath: string): Promise<ArchiveMeta> {
  return unpackParts(archive, partsOf(archive), statePath);
}

/** `unpackArchive` for one that comes in parts, of which `first` is the first. */
export async function unpackParts(
  first: Uint8Array,
  parts: Iterable<Uint8Array>,
  statePath: string,
): Promise<ArchiveMeta> {
  const wrong = notGzip(first);
  if (wrong !== undefined) throw new Refusal(`failed to decompress snapshot: ${wrong}`);
  const fd = openSync(statePath, "wx", 0o600);
  try {
    return await readInto(fd, parts);
  } finally {
    closeSync(fd);
  }
}

function* partsOf(archive: Uint8Array): Generator<Uint8Array> {
  if (archive.length > ARCHIVE_BYTES_MAX) throw broken(`it is larger than ${ARCHIVE_BYTES_MAX} bytes`);
  for (let at = 0; at < archive.length; at += PART_BYTES) yield archive.subarray(at, at + PART_BYTES);
}

async function readInto(fd: number, archive: Iterable<Uint8Array>): Promise<ArchiveMeta> {
  const reader = new ArchiveReader({
    newHash: () => new Bun.CryptoHasher("sha256"),
    onState: (part) => {
      for (let at = 0; at < part.length; ) at += writeSync(fd, part, at);
    },
  });
  let unpacked = 0;
  try {
    await unzip(archive, (part) => {
      unpacked += part.length;
      if (unpacked > UNPACKED_BYTES_MAX) throw new ArchiveError(`it unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
      reader.push(part);
    });
    const { meta, stateBytes } = reader.end();
    return metaOf(meta, stateBytes);
  } catch (error) {
    if (error instanceof ArchiveError) throw broken(error.message);
    if (isDiskFull(error) || !isOfZlib(error)) throw error;
    const why = errorCode(error) === "Z_BUF_ERROR" ? "unexpected EOF" : errorText(error);
    throw reader.isAtEnd ? new Refusal(why) : broken(reader.cut(why).message);
  }
}

const isOfZlib = (error: unknown) => errorCode(error).startsWith("Z_");

function metaOf(text: string, stateBytes: number): ArchiveMeta {
  const meta = metaSchema.safeParse(parsed(text));
  if (!meta.success) throw new ArchiveError("failed to decode snapshot metadata: it is not a snapshot's");
  if (meta.data.Size !== stateBytes) throw new ArchiveError(`state.bin has ${stateBytes} bytes, not ${meta.data.Size}`);
  return meta.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArchiveError(`failed to decode snapshot metadata: ${errorText(error)}`);
  }
}

function broken(what: string): Refusal {
  return new Refusal(`failed to read snapshot file: ${what}`);
}
