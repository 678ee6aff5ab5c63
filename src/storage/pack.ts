import { createReadStream, statSync } from "node:fs";
import { createGzip } from "node:zlib";
import { TAR_BLOCK_BYTES, tarHeader } from "../codec/tar.ts";
import { Refusal } from "../lib/refusal.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/commands.ts";
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

/** The bytes of a snapshot file whose state is the file `statePath`. Memory is needed for what is packed only. */
export async function packArchive(meta: Meta, statePath: string, nowMs: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const gzip = createGzip({ level: GZIP_LEVEL });
  let bytes = 0;
  const done = (async () => {
    for await (const part of gzip as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > ARCHIVE_BYTES_MAX) throw new Refusal(`the snapshot is larger than ${ARCHIVE_BYTES_MAX} bytes`);
      parts.push(part);
    }
  })();
  // Heard of below; a failure there must not be one that nobody hears of.
  done.catch(() => undefined);
  for await (const part of tarOf(meta, statePath, nowMs)) {
    if (!gzip.write(part)) await Promise.race([new Promise((resolve) => gzip.once("drain", resolve)), done]);
  }
  gzip.end();
  await done;
  return Buffer.concat(parts, bytes);
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
