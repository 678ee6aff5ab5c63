import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { type TarMember, writeTar } from "../../../src/codec/tar.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { readArchive, writeArchive } from "../../../src/storage/archive.ts";

const image = Buffer.concat([Buffer.from("SQLite format 3\u0000"), Buffer.alloc(5000, 3)]);
const archive = writeArchive({ ID: "2-40-1700000000000", Index: 40, Term: 2 }, image, 1_700_000_000_000);

function refusal(bytes: Uint8Array): string {
  try {
    readArchive(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).status).toBe(500);
    return (error as Refusal).message;
  }
  return "";
}

function sha256(data: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

/** An archive of these files, whose sums are right unless `sums` says otherwise. */
function packed(meta: string, state: Uint8Array, extra: TarMember[] = [], sums?: string): Uint8Array {
  const right = `${sha256(meta)}  meta.json\n${sha256(state)}  state.bin\n`;
  const files = [
    { name: "meta.json", data: Buffer.from(meta) },
    { name: "state.bin", data: state },
    { name: "SHA256SUMS", data: Buffer.from(sums ?? right) },
    ...extra,
  ];
  return gzipSync(writeTar(files, 0));
}

const meta = (size: number) => JSON.stringify({ Version: 1, ID: "x", Index: 1, Term: 1, Size: size });

describe("snapshot archive", () => {
  test("what is written is read back", () => {
    const read = readArchive(archive);
    expect(read.meta).toEqual({ Version: 1, ID: "2-40-1700000000000", Index: 40, Term: 2, Size: image.length });
    expect(Buffer.from(read.image).equals(image)).toBe(true);
  });

  test("tar and sha256sum accept it: meta.json, state.bin, SHA256SUMS in this order", async () => {
    const list = Bun.spawn(["tar", "tzf", "-"], { stdin: archive, stdout: "pipe" });
    expect(await new Response(list.stdout).text()).toBe("meta.json\nstate.bin\nSHA256SUMS\n");
    const sums = Bun.spawn(["tar", "xzOf", "-", "SHA256SUMS"], { stdin: archive, stdout: "pipe" });
    expect(await new Response(sums.stdout).text()).toContain(`${sha256(image)}  state.bin\n`);
  });

  test("cut anywhere, it is refused in Consul's words", () => {
    expect(refusal(new Uint8Array())).toBe("failed to decompress snapshot: EOF");
    expect(refusal(Buffer.from("garbage"))).toBe("failed to decompress snapshot: gzip: invalid header");
    for (let cut = 0; cut < archive.length; cut++) expect(refusal(archive.subarray(0, cut))).not.toBe("");
  });

  test("a changed file is refused by its sum", () => {
    const changed = Buffer.from(image);
    changed[100] = 9;
    const sums = `${sha256(meta(image.length))}  meta.json\n${sha256(image)}  state.bin\n`;
    expect(refusal(packed(meta(image.length), changed, [], sums))).toBe(
      'failed to read snapshot file: failed checking integrity of snapshot: hash check failed for "state.bin"',
    );
    expect(refusal(packed(meta(image.length), image, [], `${sha256(image)}  state.bin\n`))).toContain(
      'hash check failed for "meta.json"',
    );
  });

  test("a wrong size, other metadata, more files, and a state of another kind are refused", () => {
    expect(refusal(packed(meta(7), image))).toContain(`state.bin has ${image.length} bytes, not 7`);
    expect(refusal(packed("{}", image))).toContain("failed to read snapshot metadata");
    expect(refusal(packed(meta(image.length), image, [{ name: "more", data: new Uint8Array() }]))).toContain(
      "more than 3 files in tar",
    );
    expect(refusal(packed(meta(4), Buffer.from("abcd")))).toContain("its state has another format");
  });

  test("one that unpacks to more than a gigabyte is refused before it is unpacked", () => {
    // A gzip of a gzip bomb's size takes long to make: members of a gzip stream may be repeated instead.
    const part = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 17 }, () => part));
    expect(refusal(bomb)).toContain("unpacks to more than");
  });
});
