import { createReadStream, createWriteStream, rmSync, statSync } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { TAR_BLOCK_BYTES, tarHeader } from "../codec/tar.ts";
import { Refusal } from "../lib/refusal.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/limits.ts";
import { GZIP_LEVEL } from "./archive.ts";
import { sha256OfFile } from "./durable-files.ts";

/** What `meta.json` says beside the size of the state; more than Consul has, it passes over. */
interface Meta {
  ID: string;
  Index: number;
  Term: number;
  Format?: number;
  Peers?: string;
  Configuration?: { Servers: { Suffrage: number; ID: string; Address: string }[] };
  ConfigurationIndex?: number;
}

interface Files {
  statePath: string;
  /** Of the new archive. */
  path: string;
}

/** Makes a snapshot file whose state is the file `statePath`. Nothing stays behind when it rejects. */
export async function packArchive(meta: Meta, { statePath, path }: Files, nowMs: number): Promise<void> {
  try {
    await pipeline(
      tarOf(meta, statePath, nowMs),
      createGzip({ level: GZIP_LEVEL }),
      limited(ARCHIVE_BYTES_MAX),
      createWriteStream(path, { flags: "wx", mode: 0o600 }),
    );
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

function limited(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(part: Uint8Array, _, done) {
      bytes += part.length;
      if (bytes > bytesMax) done(new Refusal(`the snapshot is larger than ${bytesMax} bytes`));
      else done(null, part);
    },
  });
}

async function* tarOf(meta: Meta, statePath: string, nowMs: number): AsyncGenerator<Uint8Array> {
  const { size } = statSync(statePath);
  const text = Buffer.from(`${JSON.stringify({ Version: 1, ...meta, Size: size })}\n`);
  const metaSum = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  const sums = Buffer.from(`${metaSum}  meta.json\n${sha256OfFile(statePath)}  state.bin\n`);
  const atS = nowMs / 1000;
  yield tarHeader("meta.json", text.length, atS);
  yield padded(text);
  yield tarHeader("state.bin", size, atS);
  for await (const part of createReadStream(statePath, { highWaterMark: READ_BYTES })) yield part as Uint8Array;
  yield new Uint8Array((TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES);
  yield tarHeader("SHA256SUMS", sums.length, atS);
  yield padded(sums);
  yield new Uint8Array(2 * TAR_BLOCK_BYTES);
}

const READ_BYTES = 256 * 1024;

function padded(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(bytes.length / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES);
  all.set(bytes);
  return all;
}
