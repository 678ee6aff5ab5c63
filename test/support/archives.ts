import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TarMember, writeTar } from "../../src/codec/tar.ts";

/** A real archive, saved by Consul 1.8.7 of a server with one of everything. */
export const CONSUL_ARCHIVE = new Uint8Array(readFileSync(join(import.meta.dir, "../fixtures/consul-1.8.7.snap")));

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
