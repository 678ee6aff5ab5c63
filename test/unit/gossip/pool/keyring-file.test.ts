import { describe, expect, test } from "bun:test";
import { KeyringFile } from "../../../../src/gossip/pool/keyring-file.ts";
import type { Keyring } from "../../../../src/gossip/wire/keyring.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

const key = (fill: number, bytes = 16) => Buffer.alloc(bytes, fill).toString("base64");
const shown = (ring: Keyring) => ring.keys().map((each) => each.toBase64());
const NAME = "serf/local.keyring";

async function rig(text?: string) {
  const files = new MemoryFileStore();
  if (text !== undefined) await files.write(NAME, text);
  const log = new RecordingLogger();
  return { files, log, file: new KeyringFile(files, NAME, log) };
}

describe("keyring file", () => {
  test("without file and key gossip is not encrypted, and nothing is written", async () => {
    const { files, file } = await rig();
    expect((await file.load("")).isEmpty).toBe(true);
    expect(await files.list("serf")).toEqual([]);
  });

  test("the first start writes the configured key as a JSON array", async () => {
    const { files, file } = await rig();
    expect(shown(await file.load(key(1)))).toEqual([key(1)]);
    expect(JSON.parse(await files.read(NAME))).toEqual([key(1)]);
  });

  test("a file that exists wins, and the log says so without the keys", async () => {
    const { log, file } = await rig(JSON.stringify([key(2, 32), key(1)]));
    expect(shown(await file.load(key(1)))).toEqual([key(2, 32), key(1)]);
    expect(log.messages("warn")).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain(key(1));
    expect(log.lines[0]?.fields).toMatchObject({ "has the configured key": true });
  });

  test("without a name the configured key counts, and nothing is read or written", async () => {
    const { files, log } = await rig(JSON.stringify([key(2)]));
    const file = new KeyringFile(files, undefined, log);
    const ring = await file.load(key(1));
    expect(shown(ring)).toEqual([key(1)]);
    ring.add(new Uint8Array(16).fill(3));
    await file.save(ring);
    expect(JSON.parse(await files.read(NAME))).toEqual([key(2)]);
    expect((await new KeyringFile(files, undefined, log).load("")).isEmpty).toBe(true);
  });

  test("a file that agrees, or no configured key, is nothing to talk about", async () => {
    const { log, file } = await rig(JSON.stringify([key(1), key(2)]));
    await file.load(key(1));
    expect(shown(await file.load(""))).toEqual([key(1), key(2)]);
    expect(log.lines).toEqual([]);
  });

  test.each(["", "[]", "{}", '["x"]', "[1]", JSON.stringify([key(1), key(2, 15)])])(
    "a file that is %s stops the start with what to do, and without a key in the text",
    async (text) => {
      const { file } = await rig(text);
      const { name, message } = await failureOf(file.load(key(1)));
      expect(name).toBe("Refusal");
      expect(message).toMatch(/^serf\/local\.keyring, which may be mended, or removed/);
      expect(message).not.toContain(key(2, 15));
    },
  );

  test.each(["x", "####", key(1, 20), `${key(1)}=`])(
    "the configured key %s is refused before it is written",
    async (bad) => {
      const { files, file } = await rig();
      expect((await failureOf(file.load(bad))).message).toMatch(/^encrypt: .*key/);
      expect(await files.list("serf")).toEqual([]);
    },
  );
});
