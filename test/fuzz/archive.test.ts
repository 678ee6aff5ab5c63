import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { writeTar } from "../../src/codec/tar.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import { packed, unpacked } from "../support/archives.ts";

const state = Buffer.from("some rows ".repeat(90));
const tar = Bun.gunzipSync(Buffer.from(packed(state)));
const dir = mkdtempSync(join(tmpdir(), "fuzz-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** The state that was read, or undefined when it was refused; any other error is a bug. */
async function read(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const path = join(dir, "state.bin");
  try {
    await unpacked(bytes, path, 1000);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  } finally {
    rmSync(path, { force: true });
  }
}

test("archive: any bytes are refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => (await read(bytes)) === undefined),
    { numRuns: 1000 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), async (bytes) => (await read(gzipSync(bytes))) === undefined),
    { numRuns: 500 },
  );
});

test("archive: with any bytes of the tar changed, it is refused or gives the very same state", async () => {
  const change = fc.tuple(fc.nat(tar.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = Buffer.from(tar);
      for (const [at, value] of changes) bytes[at] = value;
      const found = await read(gzipSync(bytes));
      return found === undefined || state.equals(found);
    }),
    { numRuns: 1500 },
  );
});

test("archive: any files under any names are refused or read, never another error", async () => {
  const name = fc.constantFrom("meta.json", "state.bin", "SHA256SUMS", "x", "");
  const member = fc.record({ name, data: fc.uint8Array({ maxLength: 600 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(member, { maxLength: 5 }), async (members) => {
      expect(await read(gzipSync(writeTar(members, 0)))).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});
