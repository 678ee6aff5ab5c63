import { gzipSync } from "node:zlib";
import { writeTar } from "../../../src/codec/tar.ts";

const META = '{"Version":1,"ID":"2-81-1795251104194","Index":81,"Term":2,"Size":5}\n';

/** A snapshot file of `state`; damaged when its sums are those of something else. */
export function snapshotArchive(state = "state", summed = state): Uint8Array {
  const sum = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");
  const sums = `${sum(META)}  meta.json\n${sum(summed)}  state.bin\n`;
  const files = { "meta.json": META, "state.bin": state, SHA256SUMS: sums };
  const members = Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) }));
  return gzipSync(writeTar(members, 0));
}
