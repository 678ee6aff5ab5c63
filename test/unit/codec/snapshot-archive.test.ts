import { describe, expect, test } from "bun:test";
import { ArchiveError, ArchiveReader, notGzip } from "../../../src/codec/snapshot-archive.ts";
import { CONSUL_ARCHIVE, packed, sha256 } from "../../support/archives.ts";

/** Reads the unpacked archive in parts of `step` bytes. */
function read(archive: Uint8Array, step = Number.POSITIVE_INFINITY, bytes = unpacked(archive)) {
  const state: Uint8Array[] = [];
  const reader = new ArchiveReader({
    newHash: () => new Bun.CryptoHasher("sha256"),
    onState: (part) => state.push(new Uint8Array(part)),
  });
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step));
  return { ...reader.end(), state: Buffer.concat(state) };
}

const unpacked = (archive: Uint8Array): Uint8Array => Bun.gunzipSync(Buffer.from(archive));

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ArchiveError);
    return (error as Error).message;
  }
  return "";
}

const state = Buffer.from("state");

describe("snapshot archive", () => {
  test("a real one of Consul 1.8.7 is read, in parts of any size", () => {
    for (const step of [1, 511, 512, 513, 7000, Number.POSITIVE_INFINITY]) {
      const { meta, state, stateBytes } = read(CONSUL_ARCHIVE, step);
      expect(JSON.parse(meta)).toMatchObject({ Version: 1, Index: 81, Term: 2, Size: 25045 });
      expect(stateBytes).toBe(25045);
      expect(sha256(state)).toBe("76b56a1ed2749dd577f99742a424307b502bf2ee18046cbec5daabb2a6da1f7f");
    }
  });

  test("wherever it ends too early, the words are those of Consul 1.8.7", () => {
    const bytes = unpacked(CONSUL_ARCHIVE);
    const cutAt = (length: number) => refusal(() => read(CONSUL_ARCHIVE, 100, bytes.subarray(0, length)));
    expect(cutAt(0)).toBe("failed reading snapshot: unexpected EOF");
    expect(cutAt(100)).toBe("failed reading snapshot: unexpected EOF");
    expect(cutAt(600)).toBe("failed to read snapshot metadata: unexpected EOF");
    expect(cutAt(20_000)).toBe("failed to read or write snapshot data: unexpected EOF");
    for (let length = 0; length < bytes.length - 1024; length += 97) expect(cutAt(length)).toContain("unexpected EOF");
  });

  test("sums that are wrong, missing or of other files are refused in the words of Consul 1.8.7", () => {
    const meta = "{}";
    const right = `${sha256(meta)}  meta.json\n${sha256(state)}  state.bin\n`;
    const integrity = "failed checking integrity of snapshot: ";
    const words = (sums: string) => refusal(() => read(packed(state, { meta, sums })));
    expect(read(packed(state, { meta, sums: right })).state).toEqual(state);
    expect(words(`${sha256(meta)}  meta.json\n${sha256("other")}  state.bin\n`)).toBe(
      `${integrity}hash check failed for "state.bin"`,
    );
    expect(words(`${sha256(meta)}  meta.json\n`)).toBe(`${integrity}file missing for "state.bin"`);
    expect(words(`${right}${sha256(meta)}  more\n`)).toBe(`${integrity}list missing hash for "more"`);
    expect(words("junk\n")).toContain(integrity);
  });

  test("other files, files that come twice, small ones that are large, and what is no tar are refused", () => {
    const extra = (name: string, data = new Uint8Array()) =>
      refusal(() => read(packed(state, { extra: [{ name, data }] })));
    expect(extra("muster.bin")).toBe('unexpected file "muster.bin" in snapshot');
    expect(extra("state.bin")).toBe('"state.bin" is twice in snapshot');
    expect(refusal(() => read(packed(state, { meta: " ".repeat(1024 * 1024 + 1) })))).toContain("larger than");
    expect(refusal(() => read(packed(state), 100, Buffer.alloc(2000, 65)))).toBe(
      "failed reading snapshot: archive/tar: invalid tar header",
    );
  });

  test("what is no gzip is known by its first bytes, in Go's words", () => {
    expect(notGzip(new Uint8Array())).toBe("EOF");
    expect(notGzip(Buffer.from("hello\n"))).toBe("unexpected EOF");
    expect(notGzip(Buffer.from("a text of some length"))).toBe("gzip: invalid header");
    expect(notGzip(CONSUL_ARCHIVE)).toBeUndefined();
  });
});
