import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tarHeader, writeTar } from "../../../src/codec/tar.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { partsOfFile, unpackArchive } from "../../../src/storage/unpack.ts";
import { CONSUL_ARCHIVE, packed, unpacked } from "../../support/archives.ts";
import { failureOf } from "../../support/failure-of.ts";
import { cleanUpAfterEach, tempDir } from "../../support/storage-rig.ts";

cleanUpAfterEach();

const unpack = (archive: Uint8Array) => unpacked(archive, join(tempDir(), "state.bin"));
const refusalOf = async (archive: Uint8Array) => {
  const failure = await failureOf(unpack(archive));
  expect(failure).toBeInstanceOf(Refusal);
  return failure.message;
};

test("unpack: the state of a real archive becomes a file, its metadata the answer", async () => {
  const path = join(tempDir(), "state.bin");
  expect(await unpacked(CONSUL_ARCHIVE, path, 1000)).toMatchObject({ Index: 81, Term: 2, Size: 25045 });
  expect(readFileSync(path).length).toBe(25045);
});

test("unpack: an archive that is cut anywhere, or is none, is refused in Consul's words", async () => {
  expect(await refusalOf(new Uint8Array())).toBe("failed to decompress snapshot: EOF");
  expect(await refusalOf(Buffer.from("a text of some length"))).toBe(
    "failed to decompress snapshot: gzip: invalid header",
  );
  expect(await refusalOf(CONSUL_ARCHIVE.subarray(0, 3000))).toBe(
    "failed to read snapshot file: failed to read or write snapshot data: unexpected EOF",
  );
  // Only the checksum of the packing is missing.
  expect(await refusalOf(CONSUL_ARCHIVE.subarray(0, -4))).toBe("unexpected EOF");
  for (let length = 1; length < CONSUL_ARCHIVE.length; length += 61) {
    expect(await refusalOf(CONSUL_ARCHIVE.subarray(0, length))).not.toBe("");
  }
});

test("unpack: metadata that isn't a snapshot's, and a state of another size, are refused", async () => {
  const state = Buffer.from("state");
  const meta = (size: number) => JSON.stringify({ Version: 1, ID: "x", Index: 1, Term: 1, Size: size });
  expect(await refusalOf(packed(state, { meta: "{" }))).toContain("failed to decode snapshot metadata");
  expect(await refusalOf(packed(state, { meta: "{}" }))).toContain("failed to decode snapshot metadata");
  expect(await refusalOf(packed(state, { meta: meta(6) }))).toContain("state.bin has 5 bytes, not 6");
});

test("unpack: one that unpacks to more than a gigabyte is refused", async () => {
  // Members of a gzip stream may be repeated, so that the bomb need not be packed as a whole.
  const part = gzipSync(writeTar([{ name: "state.bin", data: Buffer.alloc(64 * 1024 * 1024) }], 0).subarray(0, -1024));
  const rest = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const bomb = Buffer.concat([part, ...Array.from({ length: 17 }, () => rest)]);
  expect(await refusalOf(bomb)).not.toBe("");
}, 60_000);

test("unpack: a file is read in parts", async () => {
  const [file, path] = [join(tempDir(), "a.snap"), join(tempDir(), "state.bin")];
  const state = crypto.getRandomValues(new Uint8Array(60_000));
  writeFileSync(file, packed(Buffer.concat(Array(20).fill(state))));
  expect(await unpackArchive(partsOfFile(file), { statePath: path })).toMatchObject({ Size: 1_200_000 });
});

test("unpack: what is too large for anybody or for the disk is refused before a byte of it is written", async () => {
  const header = tarHeader("state.bin", 2 ** 31, 0);
  const bomb = gzipSync(Buffer.concat([header, Buffer.alloc(1024)]));
  expect(await refusalOf(bomb)).toBe("failed to read snapshot file: it unpacks to more than 1073741824 bytes");
  const statePath = join(tempDir(), "state.bin");
  const needSpaceFor = (bytes: number) => {
    throw new Refusal(`no space for ${bytes} bytes`);
  };
  const done = unpackArchive([packed(new Uint8Array(5000))], { statePath, needSpaceFor });
  expect((await failureOf(done)).message).toBe("no space for 5000 bytes");
  expect(existsSync(statePath) && statSync(statePath).size).toBe(0);
});
