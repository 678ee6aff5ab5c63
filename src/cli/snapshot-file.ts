import { constants, gunzipSync } from "node:zlib";
import { z } from "zod";
import { ArchiveError, ArchiveReader, notGzip } from "../codec/snapshot-archive.ts";
import { errorText } from "./context.ts";

const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;

const Meta = z.object({
  ID: z.string(),
  Size: z.number(),
  Index: z.number(),
  Term: z.number(),
  Version: z.number(),
});
export type SnapshotMeta = z.infer<typeof Meta>;

export interface OpenSnapshot {
  readonly meta: SnapshotMeta;
  /** All that `meta.json` says. */
  readonly header: unknown;
  /** The content of `state.bin`. */
  readonly state: Uint8Array;
}

/**
 * Verifies the sums of a snapshot file, ours or Consul's, and gives what it says of itself. Throws an Error with Consul's
 * words for a file that is none, is cut or was changed.
 */
export function verifySnapshot(bytes: Uint8Array): SnapshotMeta {
  return openSnapshot(bytes).meta;
}

/** Verifies as `verifySnapshot` does, and gives what is in the file. */
export function openSnapshot(bytes: Uint8Array): OpenSnapshot {
  const wrong = notGzip(bytes);
  if (wrong !== undefined) throw new Error(`failed to decompress snapshot: ${wrong}`);
  // They are parts of what was unpacked as a whole, so that they stay good.
  const parts: Uint8Array[] = [];
  const reader = new ArchiveReader({
    newHash: () => new Bun.CryptoHasher("sha256"),
    onState: (part) => parts.push(part),
  });
  try {
    unzip(bytes, reader);
    const { meta, header } = metaOf(reader.end().meta);
    const [first = new Uint8Array()] = parts;
    return { meta, header, state: parts.length > 1 ? Buffer.concat(parts) : first };
  } catch (error) {
    throw error instanceof ArchiveError ? new Error(`failed to read snapshot file: ${error.message}`) : error;
  }
}

function unzip(bytes: Uint8Array, reader: ArchiveReader): void {
  try {
    reader.push(gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }));
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    // What can be unpacked tells where it ends.
    reader.push(beginningOf(bytes));
    const why = isCut(error) ? "unexpected EOF" : errorText(error);
    throw reader.isAtEnd ? new Error(why) : reader.cut(why);
  }
}

const isCut = (error: unknown) => error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";

function beginningOf(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX, finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array();
  }
}

function metaOf(text: string): { meta: SnapshotMeta; header: unknown } {
  try {
    const header: unknown = JSON.parse(text);
    return { meta: Meta.parse(header), header };
  } catch (error) {
    throw new ArchiveError(`failed to decode snapshot metadata: ${errorText(error)}`);
  }
}
