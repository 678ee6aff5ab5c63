import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { runInProcess } from "../../support/cli/run-in-process.ts";

let dir: string;
let server: Bun.Server<undefined>;
let asked: { request: string; body: unknown }[];
let answer: unknown;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "config-"));
  asked = [];
  answer = true;
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      asked.push({
        request: `${request.method} ${pathname}${search}`,
        body: text === "" ? undefined : JSON.parse(text),
      });
      return Response.json(answer);
    },
  });
});
afterEach(async () => {
  await server.stop(true);
  rmSync(dir, { recursive: true });
});

const config = (line: string, input = "") =>
  runInProcess(["config", ...line.split(" ").map((word) => word.replace("{dir}", dir))], {
    env: { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` },
    input,
  });

/** What is sent for a text. */
async function sent(text: string): Promise<unknown> {
  expect(await config("write -", text)).toMatchObject({ exit: 0, stderr: "" });
  return asked.at(-1)?.body;
}

describe("config write", () => {
  test("sends only what was said", async () => {
    expect(await sent('Kind = "service-defaults"\nName = "web"\nProtocol = "http"')).toEqual({
      Kind: "service-defaults",
      Name: "web",
      Protocol: "http",
      MeshGateway: {},
      Expose: {},
    });
  });

  test("names the mesh after its kind", async () => {
    expect((await config("write -", 'Kind = "mesh"')).stdout).toBe("Config entry written: mesh/mesh\n");
  });

  test("drops the indexes of an entry that was read", async () => {
    const read = '{"Kind":"service-defaults","Name":"web","CreateIndex":5,"ModifyIndex":9}';
    expect(await sent(read)).not.toContainKeys(["CreateIndex", "ModifyIndex"]);
  });

  test("in the settings of all proxies every list of one stands for its item, as in Consul", async () => {
    const hcl =
      'kind = "proxy-defaults"\nname = "global"\nconfig { a = [{b = 1}]\n c { d { e = 2 } }\n f = [[1]]\n g = [1, 2] }';
    expect(await sent(hcl)).toMatchObject({ Config: { a: { b: 1 }, c: { d: { e: 2 } }, f: 1, g: [1, 2] } });
  });

  test("blocks in settings of later versions are objects, lists stay lists", async () => {
    const hcl = [
      'Kind = "service-resolver"',
      'Name = "web"',
      'LoadBalancer { Policy = "ring_hash" RingHashConfig { MinimumRingSize = 3 } HashPolicies = [ { Field = "header" } ] }',
    ].join("\n");
    expect(await sent(hcl)).toMatchObject({
      LoadBalancer: { RingHashConfig: { MinimumRingSize: 3 }, HashPolicies: [{ Field: "header" }] },
    });
  });

  test("-cas goes with the index, and a refusal is told", async () => {
    answer = false;
    const { exit, stderr } = await config("write -cas -modify-index=7 -", '{"Kind":"service-defaults","Name":"web"}');
    expect([exit, stderr]).toEqual([1, "Config entry not updated: service-defaults/web\n"]);
    expect(asked.map(({ request }) => request)).toEqual(["PUT /v1/config?cas=7"]);
  });
});

describe("config delete", () => {
  test("takes the entry from its file", async () => {
    writeFileSync(join(dir, "web.hcl"), 'kind = "service-defaults"\nname = "web"\n');
    const { stdout } = await config("delete -filename {dir}/web.hcl");
    expect(stdout).toBe("Config entry deleted: service-defaults/web\n");
    expect(asked.map(({ request }) => request)).toEqual(["DELETE /v1/config/service-defaults/web"]);
  });

  test("-cas deletes only what nobody has changed", async () => {
    answer = false;
    const { exit, stderr } = await config("delete -kind a -name b -cas -modify-index=3");
    expect([exit, stderr]).toEqual([1, "Config entry not deleted: a/b\n"]);
    expect(asked.map(({ request }) => request)).toEqual(["DELETE /v1/config/a/b?cas=3"]);
  });

  test.each([
    ["delete -filename x -kind a", "filename can't be used with kind or name"],
    ["delete -kind a -name b -cas", "Must specify a -modify-index greater than 0 with -cas"],
    ["delete -kind a -name b -modify-index=1", "Cannot specify -modify-index without -cas"],
  ])("%s: %s", async (line, text) => {
    expect(await config(line)).toEqual({ exit: 1, stdout: "", stderr: `${text}\n` });
    expect(asked).toEqual([]);
  });
});

describe("config list", () => {
  test("-filter is the server's to apply, -format=json prints the entries", async () => {
    answer = [{ Kind: "mesh", CreateIndex: 1, ModifyIndex: 1 }];
    expect((await config("list -kind mesh -filter Kind==mesh")).stdout).toBe("mesh\n");
    expect(asked.map(({ request }) => request)).toEqual(["GET /v1/config/mesh?filter=Kind%3D%3Dmesh"]);
    expect(JSON.parse((await config("list -kind mesh -format=json")).stdout)).toEqual(answer);
  });
});

test("config write ends with a text and not with a crash for any input", async () => {
  const words = fc.constantFrom(
    "Kind",
    "kind",
    "=",
    '"proxy-defaults"',
    "config",
    "{",
    "}",
    "[",
    "]",
    "null",
    "1",
    ",",
    ":",
  );
  const hcl = fc.array(words, { maxLength: 20 }).map((parts) => parts.join(" "));
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    hcl,
    hcl.map((rest) => `kind = "proxy-defaults"\n${rest}`),
  );
  await fc.assert(
    fc.asyncProperty(text, async (input) => {
      const { exit, stdout, stderr } = await config("write -", input);
      expect([0, 1]).toContain(exit);
      expect(stdout + stderr).not.toBe("");
    }),
    { numRuns: 300 },
  );
});
