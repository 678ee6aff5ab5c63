import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { readTar, type TarMember, writeTar } from "../codec/tar.ts";
import { Refusal } from "../lib/refusal.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/commands.ts";
import { errorCode, errorText } from "./failure.ts";

/** Both the archive and what is in it are in memory at once, so they are bounded. */
export const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;
const META_BYTES_MAX = 64 * 1024;
/** State is mostly text and compresses well at any level; a higher one costs seconds on small machines. */
export const GZIP_LEVEL = 1;
export const SQLITE_MAGIC = "SQLite format 3\u0000";

export const metaSchema = z.object({
  Version: z.literal(1),
  ID: z.string().max(200),
  /** Index, as clients see it, and term of the last entry whose effect is in the state. */
  Index: z.int().nonnegative(),
  Term: z.int().nonnegative(),
  /** Bytes of `state.bin`. */
  Size: z.int().nonnegative(),
  /** Of the state. Older programs wrote none. */
  Format: z.int().nonnegative().optional(),
});
export type ArchiveMeta = z.infer<typeof metaSchema>;

/**
 * The bytes of a snapshot file: a gzipped tar of `meta.json`, `state.bin` (the state as SQLite image) and `SHA256SUMS`,
 * laid out like Consul's, so that its tools for looking at archives work.
 */
export function writeArchive(
  meta: Omit<ArchiveMeta, "Version" | "Size">,
  image: Uint8Array,
  nowMs: number,
): Uint8Array {
  const full: ArchiveMeta = { Version: 1, ...meta, Size: image.length };
  const files: TarMember[] = [
    { name: "meta.json", data: new TextEncoder().encode(`${JSON.stringify(full)}\n`) },
    { name: "state.bin", data: image },
  ];
  const sums = files.map(({ name, data }) => `${sha256(data)}  ${name}\n`).join("");
  const tar = writeTar([...files, { name: "SHA256SUMS", data: new TextEncoder().encode(sums) }], nowMs / 1000);
  return gzipSync(tar, { level: GZIP_LEVEL });
}

/** Unpacks and verifies an archive. Throws a Refusal with status 500 and texts in Consul's words when it isn't whole. */
export function readArchive(bytes: Uint8Array): { meta: ArchiveMeta; image: Uint8Array } {
  const tar = unpack(bytes);
  const files = new Map(listFiles(tar).map(({ name, data }) => [name, data]));
  const meta = readMeta(files.get("meta.json"));
  const image = files.get("state.bin");
  const sums = files.get("SHA256SUMS");
  if (image === undefined || sums === undefined || files.size !== 3) throw broken("failed to find all files of it");
  checkSums(files, new TextDecoder().decode(sums.subarray(0, META_BYTES_MAX)));
  if (meta.Size !== image.length) throw broken(`state.bin has ${image.length} bytes, not ${meta.Size}`);
  if (new TextDecoder("latin1").decode(image.subarray(0, SQLITE_MAGIC.length)) !== SQLITE_MAGIC) {
    throw broken("its state has another format: it was not written by this program");
  }
  return { meta, image };
}

function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes.length > ARCHIVE_BYTES_MAX) throw broken(`it is larger than ${ARCHIVE_BYTES_MAX} bytes`);
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE")
      throw broken(`it unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
    throw new Refusal(`failed to decompress snapshot: ${notGzip(bytes) ?? errorText(error)}`);
  }
}

/** Go's words for what does not begin as gzip; undefined when it does. */
function notGzip(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "EOF";
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? undefined : "gzip: invalid header";
}

function listFiles(tar: Uint8Array): TarMember[] {
  try {
    return readTar(tar, 3);
  } catch (error) {
    throw broken(errorText(error));
  }
}

function readMeta(data: Uint8Array | undefined): ArchiveMeta {
  try {
    return metaSchema.parse(JSON.parse(new TextDecoder().decode(data?.subarray(0, META_BYTES_MAX))));
  } catch {
    throw broken("failed to read snapshot metadata");
  }
}

function checkSums(files: ReadonlyMap<string, Uint8Array>, sums: string): void {
  const listed = new Map<string, string>();
  for (const line of sums.split("\n")) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
    if (sum !== undefined && name !== undefined) listed.set(name, sum);
    else if (line !== "") throw broken("failed checking integrity of snapshot: unreadable SHA256SUMS");
  }
  for (const name of ["meta.json", "state.bin"]) {
    if (listed.get(name) !== sha256(files.get(name) ?? new Uint8Array())) {
      throw broken(`failed checking integrity of snapshot: hash check failed for "${name}"`);
    }
  }
}

function sha256(data: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

function broken(what: string): Refusal {
  return new Refusal(`failed to read snapshot file: ${what}`);
}
