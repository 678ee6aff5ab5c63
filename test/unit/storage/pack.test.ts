import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packArchive } from "../../../src/storage/pack.ts";
import { sha256, unpacked } from "../../support/archives.ts";
import { cleanUpAfterEach, tempDir } from "../../support/storage-rig.ts";

cleanUpAfterEach();

const NOW_MS = 1_700_000_000_000;

async function archiveOf(state: Uint8Array): Promise<Uint8Array> {
  const path = join(tempDir(), "state.bin");
  writeFileSync(path, state);
  const archive = join(tempDir(), "a.snap");
  await packArchive({ ID: "2-40-1700000000000", Index: 40, Term: 2 }, { statePath: path, path: archive }, NOW_MS);
  return new Uint8Array(readFileSync(archive));
}

test("pack: what is packed is unpacked, whatever its length", async () => {
  for (const length of [0, 1, 511, 512, 513, 300_000]) {
    const state = crypto.getRandomValues(new Uint8Array(Math.min(length, 60_000)));
    const path = join(tempDir(), "state.bin");
    const meta = await unpacked(await archiveOf(state), path);
    expect(meta).toEqual({ Version: 1, ID: "2-40-1700000000000", Index: 40, Term: 2, Size: state.length });
    expect(new Uint8Array(readFileSync(path))).toEqual(state);
  }
});

test("pack: tar and sha256sum accept it: meta.json, state.bin, SHA256SUMS in this order", async () => {
  const state = Buffer.alloc(5000, 3);
  const archive = await archiveOf(state);
  const list = Bun.spawn(["tar", "tzf", "-"], { stdin: archive, stdout: "pipe" });
  expect(await new Response(list.stdout).text()).toBe("meta.json\nstate.bin\nSHA256SUMS\n");
  const sums = Bun.spawn(["tar", "xzOf", "-", "SHA256SUMS"], { stdin: archive, stdout: "pipe" });
  expect(await new Response(sums.stdout).text()).toContain(`${sha256(state)}  state.bin\n`);
});
