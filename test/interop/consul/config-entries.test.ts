/** Config entries in archives, both ways with a real Consul, whose answers before and after are compared one by one. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConsul } from "../../support/cli/consul-agent.ts";
import { runExecutable, startAgent } from "../../support/e2e/agent.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";

const consul = CONSUL.binary;
const TEST_MS_MAX = 90_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "config-entries-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function theirs(): Promise<string> {
  const agent = await startConsul(consul, ["-hcl", "connect { enabled = false }"]);
  cleanups.push(() => agent.stop());
  return `http://${agent.address}`;
}

async function ours(): Promise<string> {
  const agent = await startAgent(tempDir(), ["-dev", "-node=n1"]);
  cleanups.push(() => agent.stop("SIGKILL"));
  return agent.url;
}

async function consulCli(url: string, ...words: string[]): Promise<void> {
  const child = Bun.spawn([consul, ...words], {
    env: { PATH: process.env.PATH ?? "", CONSUL_HTTP_ADDR: url },
    stdout: "ignore",
    stderr: "pipe",
  });
  const [code, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

/** Words on stderr are what was left out for an older Consul. */
async function ourCli(url: string, ...words: string[]): Promise<void> {
  const { code, stdout } = await runExecutable(tempDir(), words, { CONSUL_HTTP_ADDR: url });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.any(String) });
}

async function put(url: string, body: object): Promise<void> {
  const response = await fetch(`${url}/v1/config`, { method: "PUT", body: JSON.stringify(body) });
  expect([response.status, (await response.text()).trim()]).toEqual([200, "true"]);
}

const ENTRIES: readonly object[] = [
  { Kind: "proxy-defaults", Config: { protocol: "http", n: 1.5, nested: { list: ["a", 2, true, { b: [] }] } } },
  {
    Kind: "service-defaults",
    Name: "Web",
    Protocol: "http",
    MeshGateway: { Mode: "local" },
    Expose: { Checks: true, Paths: [{ Path: "/x", ListenerPort: 1, LocalPathPort: 2, Protocol: "http2" }] },
    ExternalSNI: "",
    Meta: { a: "b" },
  },
  {
    Kind: "service-resolver",
    Name: "db",
    DefaultSubset: "v1",
    ConnectTimeout: "7s",
    Subsets: { v1: { Filter: "Service.Meta.v == 1", OnlyPassing: true }, v2: {} },
    Failover: { "*": { Datacenters: ["dc2"] }, v1: { Service: "web" } },
  },
  { Kind: "service-resolver", Name: "other", Redirect: { Service: "db", ServiceSubset: "v2" } },
  {
    Kind: "service-splitter",
    Name: "db",
    Splits: [
      { Weight: 33.33, ServiceSubset: "v1" },
      { Weight: 66.67, ServiceSubset: "v2" },
    ],
  },
  {
    Kind: "service-router",
    Name: "web",
    Routes: [
      {
        Match: { HTTP: { PathPrefix: "/a", Header: [{ Name: "h", Present: true, Invert: true }], Methods: ["GET"] } },
        Destination: { Service: "db", RequestTimeout: "15s", NumRetries: 3, RetryOnStatusCodes: [503] },
      },
      { Match: { HTTP: { QueryParam: [{ Name: "q", Regex: "." }] } } },
      {},
    ],
  },
  { Kind: "service-router", Name: "none" },
  {
    Kind: "ingress-gateway",
    Name: "ingress",
    TLS: { Enabled: true },
    Listeners: [{ Port: 80, Protocol: "http", Services: [{ Name: "web", Hosts: ["*.example.com"] }, { Name: "db" }] }],
  },
  { Kind: "terminating-gateway", Name: "out", Services: [{ Name: "ext", CAFile: "c", SNI: "s" }, { Name: "*" }] },
];
const KINDS = [...new Set(ENTRIES.map((entry) => (entry as { Kind: string }).Kind))];

/** The bytes of the answers of each kind, with their indexes. */
async function answers(url: string): Promise<unknown> {
  const read = async (kind: string) => {
    const response = await fetch(`${url}/v1/config/${kind}`);
    return [response.status, response.headers.get("x-consul-index"), JSON.parse(await response.text())];
  };
  return Object.fromEntries(await Promise.all(KINDS.map(async (kind) => [kind, await read(kind)])));
}

describe.skipIf(WHY_NOT !== "")(`config entries in archives and a real Consul ${WHY_NOT}`, () => {
  test(
    "entries that Consul saved are answered here as there, and what is saved here again is answered by Consul as before",
    async () => {
      const from = await theirs();
      for (const entry of ENTRIES) await put(from, entry);
      const expected = await answers(from);
      const file = join(tempDir(), "consul.snap");
      await consulCli(from, "snapshot", "save", file);
      const between = await ours();
      await ourCli(between, "snapshot", "restore", file);
      expect(await answers(between)).toEqual(expected);
      const again = join(tempDir(), "muster.snap");
      await ourCli(between, "snapshot", "save", again);
      const to = await theirs();
      await consulCli(to, "snapshot", "restore", again);
      expect(await answers(to)).toEqual(expected);
    },
    TEST_MS_MAX,
  );

  test(
    "entries that were written here are restored by Consul 1.8, without what it does not know",
    async () => {
      const from = await ours();
      for (const entry of ENTRIES) await put(from, entry);
      const expected = await answers(from);
      // Of later versions: fields that it passes over, and a kind that it could not read.
      await put(from, { Kind: "service-defaults", Name: "late", Mode: "transparent", LocalConnectTimeoutMs: 5 });
      await put(from, { Kind: "mesh", TransparentProxy: { MeshDestinationsOnly: true } });
      const file = join(tempDir(), "muster.snap");
      await ourCli(from, "snapshot", "save", "-without-newer", file);
      const to = await theirs();
      await consulCli(to, "snapshot", "restore", file);
      const late = await fetch(`${to}/v1/config/service-defaults/late`);
      expect(await late.json()).toMatchObject({ Kind: "service-defaults", Name: "late", Protocol: "" });
      expect(await (await fetch(`${to}/v1/config/service-defaults/late`, { method: "DELETE" })).json()).toEqual({});
      expect(entriesOf(await answers(to))).toEqual(entriesOf(expected));
    },
    TEST_MS_MAX,
  );
});

const entriesOf = (all: unknown): unknown[] =>
  Object.values(all as Record<string, unknown[]>).map(([status, , entries]) => [status, entries]);
