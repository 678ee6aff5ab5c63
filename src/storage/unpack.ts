import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ArchiveError, ArchiveReader, notGzip } from "../codec/snapshot-archive.ts";
import { Refusal } from "../lib/refusal.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/limits.ts";
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

/** Where the state goes. */
export interface UnpackTarget {
  /** Of a new file. */
  statePath: string;
  /** Is told how long the state is going to be; throws a Refusal when there is no room for it. */
  needSpaceFor?: (bytes: number) => void;
}

/**
 * Unpacks an archive, ours or Consul's, that comes in parts, and verifies its sums. Rejects with a Refusal with status 500 and texts
 * in Consul's words when it isn't whole, and before anything is written for what is too large.
 */
export async function unpackArchive(parts: Iterable<Uint8Array>, target: UnpackTarget): Promise<ArchiveMeta> {
  const source = parts[Symbol.iterator]();
  const first = source.next();
  const wrong = notGzip(first.done ? new Uint8Array() : first.value);
  if (wrong !== undefined) throw new Refusal(`failed to decompress snapshot: ${wrong}`);
  const fd = openSync(target.statePath, "wx", 0o600);
  try {
    return await readInto(fd, chained(first.value, source), target);
  } finally {
    closeSync(fd);
  }
}

function* chained(first: Uint8Array, rest: Iterator<Uint8Array>): Generator<Uint8Array> {
  yield first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/** The bytes of a file, which are read when they are asked for. */
export function* partsOfFile(path: string): Generator<Uint8Array> {
  const fd = openSync(path, "r");
  try {
    for (let bytes = 0; ; ) {
      const part = new Uint8Array(PART_BYTES);
      const length = readSync(fd, part, 0, PART_BYTES, null);
      if (length === 0) return;
      bytes += length;
      if (bytes > ARCHIVE_BYTES_MAX) throw broken(`it is larger than ${ARCHIVE_BYTES_MAX} bytes`);
      yield part.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

async function readInto(
  fd: number,
  archive: Iterable<Uint8Array>,
  { needSpaceFor }: UnpackTarget,
): Promise<ArchiveMeta> {
  const reader = new ArchiveReader({
    newHash: () => new Bun.CryptoHasher("sha256"),
    onSize(bytes) {
      if (bytes > UNPACKED_BYTES_MAX) throw tooLarge();
      needSpaceFor?.(bytes);
    },
    onState: (part) => {
      for (let at = 0; at < part.length; ) at += writeSync(fd, part, at);
    },
  });
  let unpacked = 0;
  try {
    await unzip(archive, (part) => {
      unpacked += part.length;
      if (unpacked > UNPACKED_BYTES_MAX) throw tooLarge();
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

const tooLarge = () => new ArchiveError(`it unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);

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
