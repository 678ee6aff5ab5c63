import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { writeTar } from "../../src/codec/tar.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import { readArchive, writeArchive } from "../../src/storage/archive.ts";

const image = Buffer.concat([Buffer.from("SQLite format 3\u0000"), Buffer.from("some rows ".repeat(90))]);
const archive = writeArchive({ ID: "1-2-3", Index: 2, Term: 1 }, image, 0);
const tar = Bun.gunzipSync(Buffer.from(archive));

/** The state that was read, or undefined when it was refused; any other error is a bug. */
function read(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return readArchive(bytes).image;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

test("archive: any bytes are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => read(bytes) === undefined),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => read(gzipSync(bytes)) === undefined),
    {
      numRuns: 2000,
    },
  );
});

test("archive: with any bytes of the tar changed, it is refused or gives the very same state", () => {
  const change = fc.tuple(fc.nat(tar.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(tar);
      for (const [at, value] of changes) bytes[at] = value;
      const found = read(gzipSync(bytes));
      return found === undefined || image.equals(found);
    }),
    { numRuns: 5000 },
  );
});

test("archive: any files under any names are refused or read, never another error", () => {
  const name = fc.constantFrom("meta.json", "state.bin", "SHA256SUMS", "x", "");
  const member = fc.record({ name, data: fc.uint8Array({ maxLength: 600 }) });
  fc.assert(
    fc.property(fc.array(member, { maxLength: 5 }), (members) => {
      expect(read(gzipSync(writeTar(members, 0)))).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});
