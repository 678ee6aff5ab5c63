import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { readTar } from "../codec/tar.ts";
import { errorText } from "./context.ts";

const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;
const MEMBERS_MAX = 3;

const Meta = z.object({
  ID: z.string(),
  Size: z.number(),
  Index: z.number(),
  Term: z.number(),
  Version: z.number(),
});
export type SnapshotMeta = z.infer<typeof Meta>;

/**
 * Verifies the sums of a snapshot file, ours or Consul's, and gives what it says of itself. Throws an Error with Consul's
 * words for a file that is none, is cut or was changed.
 */
export function verifySnapshot(bytes: Uint8Array): SnapshotMeta {
  const files = new Map(readTar(unzip(bytes), MEMBERS_MAX).map(({ name, data }) => [name, data]));
  const [meta, state, sums] = ["meta.json", "state.bin", "SHA256SUMS"].map((name) => {
    const data = files.get(name);
    if (data === undefined) throw new Error(`failed to read snapshot file: ${name} is missing`);
    return data;
  });
  const listed = new TextDecoder().decode(sums).split("\n");
  for (const [name, data] of [
    ["meta.json", meta],
    ["state.bin", state],
  ] as const) {
    const sum = new Bun.CryptoHasher("sha256").update(data ?? new Uint8Array()).digest("hex");
    if (!listed.includes(`${sum}  ${name}`))
      throw new Error(`failed checking integrity of snapshot: hash check failed for ${JSON.stringify(name)}`);
  }
  return Meta.parse(JSON.parse(new TextDecoder().decode(meta)));
}

function unzip(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new Error("failed to decompress snapshot: gzip: invalid header");
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (error) {
    throw new Error(`failed to decompress snapshot: ${errorText(error)}`);
  }
}
