/** What the commands say of the records in an archive; the one that is read was made by Consul 1.8.7. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { recordsOf } from "../../../src/cli/snapshot-records.ts";
import { shownRecord } from "../../../src/cli/snapshot-values.ts";
import { MsgpackWriter } from "../../../src/codec/msgpack/writer.ts";
import { snapshotArchive } from "../../support/cli/archive.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

const CONSUL = join(import.meta.dir, "../../fixtures/consul-1.8.7.snap");

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "snapshot-content-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const run = (...words: string[]) => runInProcess(["snapshot", ...words]);
const hidden = { withSecrets: false };

interface Line {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a record of any type
  readonly Data: any;
}

async function decoded(...flags: string[]): Promise<Line[]> {
  const { stdout } = await run("decode", ...flags, CONSUL);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe("snapshot inspect", () => {
  test("prints the metadata alone, as Consul 1.8 does", async () => {
    expect((await run("inspect", CONSUL)).stdout).toBe(
      "ID           2-81-1795251104194\nSize         25045\nIndex        81\nTerm         2\nVersion      1\n\n",
    );
  });

  test("-kvdetails adds what each type and each prefix of keys takes, the heaviest first", async () => {
    const { exit, stdout } = await run("inspect", "-kvdetails", "-kvdepth=1", CONSUL);
    expect(exit).toBe(0);
    const [meta, types = "", keys = ""] = stdout.split("\n\n");
    expect(meta).toStartWith(" ID           2-81-1795251104194\n Size         25045\n");
    expect(types.split("\n").slice(0, 4)).toEqual([
      " Type                        Count      Size",
      " ----                        ----       ----",
      " Register                    20         10.6KB",
      " KVS                         26         2.4KB",
    ]);
    expect(keys.split("\n")).toEqual([
      " Key Name      Count      Size",
      " ----          ----       ----",
      " app           23         1.9KB",
      " bin           1          377B",
      " locks         1          118B",
      " empty         1          73B",
      " ----          ----       ----",
      " Total                    2.4KB",
    ]);
  });

  test("-kvfilter counts only keys below a prefix", async () => {
    const { stdout } = await run("inspect", "-format=json", "-kvdetails", "-kvfilter=bin/", CONSUL);
    const json = JSON.parse(stdout) as { StatsKV: unknown; TotalSizeKV: number };
    expect(json.StatsKV).toEqual([{ Name: "bin/blob", Sum: 377, Count: 1 }]);
    expect(json.TotalSizeKV).toBe(377);
  });

  test("as JSON says what each type takes; with the header that is all of the file", async () => {
    const json = JSON.parse((await run("inspect", "-format=json", CONSUL)).stdout) as {
      Meta: { Size: number };
      Stats: { Name: string; Sum: number; Count: number }[];
      TotalSize: number;
    };
    expect(json.Stats).toContainEqual({ Name: "ConfigEntry", Sum: 1871, Count: 8 });
    expect(json.Meta.Size - json.TotalSize).toBe("\x81\xa9LastIndex".length + 1);
    expect(json).not.toHaveProperty("StatsKV");
  });

  test("a depth of no parts is refused", async () => {
    expect(await run("inspect", "-kvdetails", "-kvdepth=0", CONSUL)).toEqual({
      exit: 1,
      stdout: "",
      stderr: "-kvdepth must be at least 1\n",
    });
  });
});

describe("snapshot decode", () => {
  test("prints the header and each record as a line of JSON", async () => {
    const lines = await decoded();
    expect(lines.length).toBe(108);
    expect(lines[0]).toMatchObject({
      Type: "SnapshotHeader",
      Data: { ID: "2-81-1795251104194", ConfigurationIndex: 1 },
    });
    expect(lines.filter(({ Type }) => Type === "KVS").length).toBe(26);
    expect(lines.find(({ Data }) => Data.Key === "app/key1")).toEqual({
      Type: "KVS",
      Data: {
        CreateIndex: 14,
        Flags: 1,
        Key: "app/key1",
        LockIndex: 0,
        ModifyIndex: 14,
        Session: "",
        Value: Buffer.from("value-1").toString("base64"),
      },
    });
  });

  test("unwraps config entries, also those that wrap themselves once more", async () => {
    const entries = (await decoded()).filter(({ Type }) => Type === "ConfigEntry").map(({ Data }) => Data.Entry);
    expect(entries.length).toBe(8);
    expect(entries.find(({ Kind }) => Kind === "proxy-defaults")).toMatchObject({
      Name: "global",
      Config: { local_connect_timeout_ms: 1000, n: 1.5, list: ["a", 2] },
    });
  });

  test("prints times as the API does", async () => {
    const tokens = (await decoded()).filter(({ Type }) => Type === "ACLToken");
    expect(tokens.map(({ Data }) => Data.CreateTime)).toContain("2026-11-21T08:50:13.04569732Z");
  });

  test("keeps tokens and private keys to itself unless they are asked for", async () => {
    const { stdout: without } = await run("decode", CONSUL);
    expect(without).not.toContain("PRIVATE KEY");
    expect(without).not.toContain("11111111-2222-3333-4444-555555555555");
    const tokens = (await decoded()).filter(({ Type }) => Type === "ACLToken");
    expect(new Set(tokens.map(({ Data }) => Data.SecretID))).toEqual(new Set(["(hidden)"]));
    const { stdout: all } = await run("decode", "-with-secrets", CONSUL);
    expect(all).toContain("PRIVATE KEY");
    expect(all).toContain("11111111-2222-3333-4444-555555555555");
  });

  test.each([
    ["the ID of an old token", 4, { ID: "secret-word" }],
    ["the token of a query", 7, { Token: "secret-word" }],
    [
      "what a mesh's authority is configured with",
      15,
      { Config: { Token: "secret-word", AWS_SECRET_KEY: "secret-word" } },
    ],
    [
      "the key of a way to log in",
      27,
      { Config: { ServiceAccountJWT: "secret-word", OIDCClientSecret: "secret-word" } },
    ],
    ["the secrets of a peering", 40, { Stream: { ActiveSecretID: "secret-word" } }],
    ["a cell of a table of ours", 29, { Muster: { Columns: ["name", "secret"], Row: ["a", [3, "secret-word"]] } }],
  ])("hides %s", (_, type, data) => {
    expect(JSON.stringify(shownRecord(type, data, hidden))).not.toContain("secret-word");
    expect(JSON.stringify(shownRecord(type, data, { withSecrets: true }))).toContain("secret-word");
  });

  test("keeps all digits of large numbers", () => {
    const writer = new MsgpackWriter(64);
    writer.map(0);
    writer.byte(2);
    writer.map(1);
    writer.text("Flags");
    writer.big(2n ** 64n - 1n);
    const [record] = recordsOf(writer.view());
    expect(record?.data()).toEqual({ Flags: 2n ** 64n - 1n });
  });

  test("says which record can't be read", async () => {
    const file = join(dir, "bad.snap");
    writeFileSync(file, snapshotArchive("\0\x02\0\x02"));
    const { exit, stderr } = await run("decode", file);
    expect([exit, stderr]).toEqual([1, "Error extracting snapshot data: record 1: the message is cut off\n"]);
  });
});

test("records of any bytes are read or refused, and can be shown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        for (const { type, data } of recordsOf(bytes)) shownRecord(type, data(), hidden);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(TypeError);
        expect(error).not.toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 3000 },
  );
});
