import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeTar } from "../../../src/codec/tar.ts";
import { snapshotArchive } from "../../support/cli/archive.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

let dir: string;
let answer: Uint8Array;
let received: Uint8Array[];
let asked: string[];
let report: string;
let headers: Record<string, string>;
let server: Bun.Server<undefined>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "snapshot-"));
  answer = snapshotArchive();
  received = [];
  asked = [];
  report = "";
  headers = {};
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method === "PUT") received.push(await request.bytes());
      asked.push(new URL(request.url).search);
      return new Response(request.method === "PUT" ? report : new Uint8Array(answer), {
        headers: { "X-Consul-Index": "81", ...headers },
      });
    },
  });
});
afterEach(async () => {
  await server.stop(true);
  rmSync(dir, { recursive: true });
});

const run = (...words: string[]) =>
  runInProcess(["snapshot", ...words], { env: { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` } });

describe("snapshot", () => {
  test("save writes the verified file, for its owner only", async () => {
    const file = join(dir, "a.snap");
    expect(await run("save", file)).toEqual({
      exit: 0,
      stdout: "Saved and verified snapshot to index 81\n",
      stderr: "",
    });
    expect(readFileSync(file)).toEqual(Buffer.from(answer));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(["a.snap"]);
  });

  test("save leaves nothing behind when what came is damaged", async () => {
    answer = snapshotArchive("state", "other");
    const { exit, stderr } = await run("save", join(dir, "a.snap"));
    expect(exit).toBe(1);
    expect(stderr).toContain('failed checking integrity of snapshot: hash check failed for "state.bin"');
    expect(readdirSync(dir)).toEqual([]);
  });

  test("restore sends the file", async () => {
    const file = join(dir, "a.snap");
    writeFileSync(file, answer);
    expect((await run("restore", file)).stdout).toBe("Restored snapshot\n");
    expect(received).toEqual([Buffer.from(answer)].map((bytes) => new Uint8Array(bytes)));
  });

  test("restore says what is kept and left out, and warns on standard error", async () => {
    const file = join(dir, "a.snap");
    writeFileSync(file, answer);
    report = '{"Kept":{"ACLToken":5,"ConnectCA":1},"LeftOut":{"Unknown(99)":2},"Warnings":["nobody is asked"]}';
    expect(await run("restore", "-skip-unknown", file)).toEqual({
      exit: 0,
      stdout:
        "Restored snapshot\nKept for the next save, not served: 5 ACLToken, 1 ConnectCA\nLeft out: 2 Unknown(99)\n",
      stderr: "Warning: nobody is asked\n",
    });
    expect(asked).toEqual(["?report=&skip-unknown="]);
  });

  test("save asks for an archive that Consul 1.8 takes, and says what that is without", async () => {
    headers = { "X-Muster-Left-Out": '{"Peering":2}' };
    expect((await run("save", "-without-newer", join(dir, "a.snap"))).stdout).toBe(
      "Saved and verified snapshot to index 81\nLeft out: 2 Peering\n",
    );
    expect(asked).toEqual(["?without-newer="]);
  });

  test("inspect prints the metadata without asking an agent", async () => {
    const file = join(dir, "a.snap");
    writeFileSync(file, answer);
    const { stdout } = await run("inspect", file);
    expect(stdout).toBe(
      "ID           2-81-1795251104194\nSize         5\nIndex        81\nTerm         2\nVersion      1\n\n",
    );
  });

  test("inspect refuses what is no snapshot, in Consul's words", async () => {
    const file = join(dir, "a.snap");
    writeFileSync(file, "a text of some length");
    expect((await run("inspect", file)).stderr).toBe(
      "Error verifying snapshot: failed to decompress snapshot: gzip: invalid header\n",
    );
    writeFileSync(file, gzipSync(writeTar([], 0)));
    expect((await run("inspect", file)).stderr).toBe(
      'Error verifying snapshot: failed to read snapshot file: failed checking integrity of snapshot: file missing for "meta.json"\n',
    );
  });

  test.each(["save", "restore", "inspect", "decode"])("%s needs one file", async (word) => {
    expect((await run(word)).stderr).toBe("Missing FILE argument\n");
    expect((await run(word, "a", "b")).stderr).toBe("Too many arguments (expected 1, got 2)\n");
  });

  test("files that can't be opened are told in Go's words", async () => {
    const missing = join(dir, "no/such");
    const reason = `open ${missing}: no such file or directory\n`;
    expect((await run("restore", missing)).stderr).toBe(`Error opening snapshot file: ${reason}`);
    expect((await run("inspect", missing)).stderr).toBe(`Error opening snapshot file: ${reason}`);
    expect((await run("save", missing)).stderr).toMatch(
      /^Error writing unverified snapshot file: open \S+\.unverified\.tmp\S+: no such file or directory\n$/,
    );
  });
});
