/** Archives both ways with a real Consul, whose answers before and after are compared one by one. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConsul } from "../../support/cli/consul-agent.ts";
import { runExecutable, startAgent, until } from "../../support/e2e/agent.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";

const consul = CONSUL.binary;
const TEST_MS_MAX = 90_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "snapshots-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Without Connect, as a server is unless told otherwise; with it there are a CA's records. */
async function theirs(flags: readonly string[] = ["-hcl", "connect { enabled = false }"]): Promise<string> {
  const agent = await startConsul(consul, flags);
  cleanups.push(() => agent.stop());
  return `http://${agent.address}`;
}

async function ours(): Promise<string> {
  const agent = await startAgent(tempDir(), ["-dev", "-node=n1"]);
  cleanups.push(() => agent.stop("SIGKILL"));
  return agent.url;
}

const consulCli = (url: string, ...words: string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([consul, ...words], {
    env: { PATH: process.env.PATH ?? "", CONSUL_HTTP_ADDR: url },
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
};

async function put(url: string, path: string, body: unknown = ""): Promise<string> {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url + path, { method: "PUT", body: raw ? body : JSON.stringify(body) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`PUT ${path}: ${response.status} ${text}`);
  return text;
}

async function get(url: string, path: string): Promise<unknown> {
  const response = await fetch(url + path);
  // 64 bits of flags are compared as text.
  return { status: response.status, text: sortedText(await response.text()) };
}

function sortedText(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text.replaceAll(/"Flags":(\d+)/g, '"Flags":"$1"')), null, 1);
  } catch {
    return text;
  }
}

const NODES = ["ext1", "ext2", "Ext3"];

/** One of everything that both programs have. Nodes are not agents: a new server's leader would take those away. */
async function seed(url: string): Promise<void> {
  for (let i = 1; i <= 12; i++) await put(url, `/v1/kv/app/key${i}?flags=${i}`, `value-${i}`);
  await put(url, "/v1/kv/app/key1?flags=18446744073709551615", "all bits");
  await put(url, "/v1/kv/bin", new Uint8Array(Array.from({ length: 256 }, (_, at) => at)));
  await put(url, "/v1/kv/empty/");
  await put(url, "/v1/kv/d%C3%A9p%C3%B4t/%E2%98%83", "é");
  await fetch(`${url}/v1/kv/app/key12`, { method: "DELETE" });
  for (const [at, Node] of NODES.entries()) {
    const Address = `10.9.0.${at + 1}`;
    await put(url, "/v1/catalog/register", {
      ...(at === 0 ? { ID: "40e4a748-2192-161a-0510-9bf59fe950b5" } : {}),
      Node,
      Address,
      NodeMeta: { rack: `r${at}`, "external-node": "true" },
      TaggedAddresses: { lan: Address, wan: "1.2.3.4" },
      Service: {
        ID: `db${at}`,
        Service: at === 2 ? "DB" : "db",
        Port: 5432 + at,
        Address: at === 1 ? "10.1.1.1" : "",
        Tags: ["pg", `t${at}`],
        Meta: { v: String(at) },
        Weights: { Passing: at + 1, Warning: 1 },
        TaggedAddresses: { wan: { Address: "1.2.3.4", Port: 80 } },
        EnableTagOverride: at === 1,
      },
      Checks: [
        {
          CheckID: `db${at}:tcp`,
          Name: "tcp",
          Status: "passing",
          ServiceID: `db${at}`,
          Definition: { TCP: `${Address}:5432`, Interval: "10s", Timeout: "1s", Header: { X: ["a", "b"] } },
        },
        { CheckID: `node${at}`, Name: "ping", Status: at === 1 ? "warning" : "passing", Notes: "n", Output: "o\n" },
      ],
    });
  }
  await put(url, "/v1/catalog/register", {
    Node: "ext1",
    Address: "10.9.0.1",
    SkipNodeUpdate: true,
    Service: {
      Kind: "connect-proxy",
      ID: "db0-proxy",
      Service: "db-proxy",
      Port: 21000,
      Proxy: {
        DestinationServiceName: "db",
        DestinationServiceID: "db0",
        LocalServiceAddress: "127.0.0.1",
        LocalServicePort: 5432,
        Config: { x: 1, half: 0.5, nested: { a: ["b", 2, true] } },
        Upstreams: [{ DestinationType: "service", DestinationName: "web", LocalBindPort: 9191, Config: { ms: 1000 } }],
        MeshGateway: { Mode: "local" },
        Expose: { Checks: true, Paths: [{ ListenerPort: 1, Path: "/a", LocalPathPort: 2, Protocol: "http" }] },
      },
    },
  });
  await put(url, "/v1/catalog/register", { Node: "bare", Address: "10.9.0.9" });
  const session = async (body: object) => (JSON.parse(await put(url, "/v1/session/create", body)) as { ID: string }).ID;
  const node = { Node: "ext1", NodeChecks: ["node0"] };
  const holder = await session({ ...node, Name: "holder", Behavior: "delete", LockDelay: "5s", TTL: "3600s" });
  await session({ Node: "ext2", NodeChecks: [], Name: "free" });
  await put(url, `/v1/kv/locks/a?acquire=${holder}&flags=3`, "locked");
}

/** Each thing by its own address. */
async function answers(url: string): Promise<Record<string, unknown>> {
  const keys = (await (await fetch(`${url}/v1/kv/?keys`)).json()) as string[];
  const sessions = (await (await fetch(`${url}/v1/session/list`)).json()) as { ID: string }[];
  const paths = [
    "/v1/kv/?keys",
    ...keys.map((key) => `/v1/kv/${key.split("/").map(encodeURIComponent).join("/")}`),
    "/v1/session/list",
    ...sessions.map(({ ID }) => `/v1/session/info/${ID}`),
    ...NODES.concat("bare").flatMap((node) => [
      `/v1/catalog/node/${node}`,
      `/v1/health/node/${node}`,
      `/v1/session/node/${node}`,
    ]),
    ...["db", "DB", "db-proxy"].flatMap((name) => [
      `/v1/catalog/service/${name}`,
      `/v1/health/service/${name}`,
      `/v1/health/checks/${name}`,
      `/v1/catalog/connect/${name}`,
    ]),
    "/v1/operator/autopilot/configuration",
  ];
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await get(url, path)] as const)));
}

const indexOf = async (url: string, path: string) =>
  Number((await fetch(url + path)).headers.get("x-consul-index") ?? 0);

describe.skipIf(WHY_NOT !== "")(`snapshot archives and a real Consul ${WHY_NOT}`, () => {
  test(
    "what Consul saved is restored here: every key, session, service, check and node is answered as there",
    async () => {
      const from = await theirs();
      await seed(from);
      const expected = await answers(from);
      const file = join(tempDir(), "consul.snap");
      expect(consulCli(from, "snapshot", "save", file).code).toBe(0);
      const to = await ours();
      const env = { CONSUL_HTTP_ADDR: to };
      expect(await runExecutable(tempDir(), ["snapshot", "restore", file], env)).toEqual({
        code: 0,
        stdout: "Restored snapshot\n",
        stderr: "",
      });
      expect(await answers(to)).toEqual(expected);
      expect(await indexOf(to, "/v1/kv/app/?recurse")).toBe(await indexOf(from, "/v1/kv/app/?recurse"));
      const inspected = await runExecutable(tempDir(), ["snapshot", "inspect", file]);
      expect(inspected).toEqual(consulCli(from, "snapshot", "inspect", file));
      // Indexes go on behind the highest that anybody saw.
      await put(to, "/v1/kv/after", "x");
      const [after] = (await (await fetch(`${to}/v1/kv/after`)).json()) as { ModifyIndex: number }[];
      const { Index } = JSON.parse(
        (await runExecutable(tempDir(), ["snapshot", "inspect", "-format=json", file])).stdout,
      ).Meta as { Index: number };
      expect(after?.ModifyIndex).toBeGreaterThan(Index);
    },
    TEST_MS_MAX,
  );

  test(
    "what is saved here is restored by Consul: every key, session, service, check and node is answered as here",
    async () => {
      const from = await ours();
      await seed(from);
      // Of this program's own: Consul passes over them.
      await put(from, "/v1/kv/short?ttl=1h", "gone in an hour");
      const expected = await answers(from);
      const file = join(tempDir(), "muster.snap");
      expect((await runExecutable(tempDir(), ["snapshot", "save", file], { CONSUL_HTTP_ADDR: from })).code).toBe(0);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const to = await theirs();
      expect(consulCli(to, "snapshot", "restore", file)).toEqual({
        code: 0,
        stdout: "Restored snapshot\n",
        stderr: "",
      });
      expect(await answers(to)).toEqual(expected);
      const inspected = await runExecutable(tempDir(), ["snapshot", "inspect", file]);
      expect(inspected).toEqual(consulCli(to, "snapshot", "inspect", file));
      // It works on, and what it saves comes back.
      await put(to, "/v1/kv/after", "x");
      const again = join(tempDir(), "again.snap");
      expect(consulCli(to, "snapshot", "save", again).code).toBe(0);
      const back = await ours();
      const env = { CONSUL_HTTP_ADDR: back };
      expect((await runExecutable(tempDir(), ["snapshot", "restore", again], env)).code).toBe(0);
      expect(await answers(back)).toEqual(await answers(to));
    },
    TEST_MS_MAX,
  );

  test(
    "what is not served here, as a CA, is kept and said, and all else is answered as there",
    async () => {
      // Its development mode has a CA.
      const from = await theirs([]);
      await seed(from);
      const expected = await answers(from);
      const file = join(tempDir(), "consul.snap");
      expect(consulCli(from, "snapshot", "save", file).code).toBe(0);
      const to = await ours();
      const env = { CONSUL_HTTP_ADDR: to };
      expect(await runExecutable(tempDir(), ["snapshot", "restore", file], env)).toEqual({
        code: 0,
        stdout:
          "Restored snapshot\n" +
          "Kept for the next save, not served: 1 ConnectCA, 1 ConnectCAProviderState, 1 ConnectCAConfig\n",
        stderr: "",
      });
      expect(await answers(to)).toEqual(expected);
    },
    TEST_MS_MAX,
  );

  test(
    "archives that are no good are refused by both in the same words",
    async () => {
      const [from, to] = [await theirs(), await ours()];
      await seed(from);
      const file = join(tempDir(), "consul.snap");
      expect(consulCli(from, "snapshot", "save", file).code).toBe(0);
      const whole = new Uint8Array(await Bun.file(file).arrayBuffer());
      const bad = [
        ...[0, 5, 11, 60, 200, 2000, whole.length - 200, whole.length - 5].map((end) => whole.subarray(0, end)),
        Buffer.from("a text of some length"),
      ];
      for (const [at, bytes] of bad.entries()) {
        const path = join(tempDir(), `bad${at}`);
        writeFileSync(path, bytes);
        const cli = await runExecutable(tempDir(), ["snapshot", "inspect", path]);
        expect(cli).toEqual(consulCli(to, "snapshot", "inspect", path));
        const asked = async (url: string) => {
          const response = await fetch(`${url}/v1/snapshot`, { method: "PUT", body: bytes });
          return [response.status, await response.text()];
        };
        expect(await asked(to)).toEqual(await asked(from));
      }
      await until(async () => (await fetch(`${to}/v1/status/leader`)).status === 200, "the server to live on");
    },
    TEST_MS_MAX,
  );
});
