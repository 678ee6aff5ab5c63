/** What this program keeps without serving it: from a real Consul through it to another one, whose answers are compared with the first's. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MsgpackReader } from "../../../src/codec/msgpack/reader.ts";
import { RECORD_KINDS } from "../../../src/state/records/table.ts";
import { CONSUL_ARCHIVE, packed } from "../../support/archives.ts";
import { startConsul } from "../../support/cli/consul-agent.ts";
import { runExecutable, startAgent } from "../../support/e2e/agent.ts";
import { stateBinOf, stateBinWith } from "../../support/state-archive.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";

const consul = CONSUL.binary;
const TEST_MS_MAX = 90_000;
/** Of the tokens in the fixture; Consul removes it. */
const EXPIRED = 1;
/** Of the archive in the fixtures. */
const MASTER = "11111111-2222-3333-4444-555555555555";

const ENTRY_KINDS = [
  "proxy-defaults",
  "service-defaults",
  "service-resolver",
  "service-router",
  "service-splitter",
  "ingress-gateway",
  "terminating-gateway",
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function tempFile(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), "archives-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, name);
}

/** Enforces access control; who shows no token has that of the operator. */
async function theirs(): Promise<string> {
  const tokens = `tokens { master = "${MASTER}" default = "${MASTER}" }`;
  const acl = `primary_datacenter = "dc1" acl { enabled = true default_policy = "deny" ${tokens} }`;
  const agent = await startConsul(consul, ["-hcl", acl]);
  cleanups.push(() => agent.stop());
  return `http://${agent.address}`;
}

async function ours(): Promise<string> {
  const dir = tempFile("");
  const agent = await startAgent(dir, ["-server", "-bootstrap-expect=1", `-data-dir=${dir}/data`, "-node=n1"]);
  cleanups.push(() => agent.stop("SIGKILL"));
  return agent.url;
}

const restoreInto = async (url: string, file: string) => {
  const response = await fetch(`${url}/v1/snapshot`, {
    method: "PUT",
    body: readFileSync(file),
    headers: { "X-Consul-Token": MASTER },
  });
  expect([response.status, await response.text()]).toEqual([200, ""]);
};

const savedBy = async (url: string): Promise<Uint8Array> => (await fetch(`${url}/v1/snapshot`)).bytes();

/** Restores it here, and saves it again. */
async function throughOurs(file: string): Promise<{ file: string; stdout: string; stderr: string }> {
  const env = { CONSUL_HTTP_ADDR: await ours() };
  const dir = tempFile("");
  const { code, stdout, stderr } = await runExecutable(dir, ["snapshot", "restore", file], env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const again = tempFile("again.snap");
  expect((await runExecutable(dir, ["snapshot", "save", again], env)).code).toBe(0);
  return { file: again, stdout, stderr };
}

const ask = async (url: string, path: string, token = MASTER) => {
  const response = await fetch(url + path, { headers: { "X-Consul-Token": token } });
  return { status: response.status, text: await response.text() };
};

const listOf = async (url: string, path: string) => {
  const { status, text } = await ask(url, path);
  expect([path, status]).toEqual([path, 200]);
  return JSON.parse(text) as Record<string, string>[];
};

/** Each object by its own address. */
async function answers(url: string): Promise<Record<string, unknown>> {
  const lists = {
    "/v1/acl/tokens": ({ AccessorID }: Record<string, string>) => `/v1/acl/token/${AccessorID}`,
    "/v1/acl/policies": ({ ID }: Record<string, string>) => `/v1/acl/policy/${ID}`,
    "/v1/acl/roles": ({ ID }: Record<string, string>) => `/v1/acl/role/${ID}`,
    "/v1/acl/binding-rules": ({ ID }: Record<string, string>) => `/v1/acl/binding-rule/${ID}`,
    "/v1/acl/auth-methods": ({ Name }: Record<string, string>) => `/v1/acl/auth-method/${Name}`,
    "/v1/connect/intentions": ({ ID }: Record<string, string>) => `/v1/connect/intentions/${ID}`,
  };
  const found: Record<string, unknown> = {};
  for (const path of ["/v1/connect/ca/roots", "/v1/connect/ca/configuration", "/v1/query"])
    found[path] = await ask(url, path);
  for (const kind of ENTRY_KINDS) found[kind] = await ask(url, `/v1/config/${kind}`);
  for (const [list, addressOf] of Object.entries(lists)) {
    const items = await listOf(url, list);
    expect(items.length).toBeGreaterThan(0);
    for (const item of items) found[addressOf(item)] = await ask(url, addressOf(item));
  }
  return found;
}

/** Records of the kinds that are kept, byte for byte, with the type in front. */
async function keptOf(archive: Uint8Array): Promise<string[]> {
  const types = new Set(RECORD_KINDS.filter(({ isKept }) => isKept).map(({ type }) => type));
  const reader = new MsgpackReader(await stateBinOf(archive));
  reader.skip();
  const found: string[] = [];
  while (reader.left > 0) {
    const type = reader.uint(255);
    const value = reader.value();
    if (types.has(type)) found.push(`${type} ${value.toHex()}`);
  }
  return found;
}

async function put(url: string, path: string, body: unknown): Promise<Record<string, string>> {
  const response = await fetch(url + path, { method: "PUT", body: JSON.stringify(body) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`PUT ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, string>;
}

/** Returns secrets of a token that may read below app/, by a policy and by a role. */
async function seed(url: string): Promise<string[]> {
  const rules = 'key_prefix "app/" { policy = "read" }';
  const policy = await put(url, "/v1/acl/policy", { Name: "reader", Description: "é", Rules: rules });
  const role = await put(url, "/v1/acl/role", {
    Name: "readers",
    Policies: [{ ID: policy.ID }],
    ServiceIdentities: [{ ServiceName: "web", Datacenters: ["dc1"] }],
  });
  const byPolicy = { Description: "by policy", Policies: [{ Name: "reader" }], ExpirationTTL: "3h" };
  const first = await put(url, "/v1/acl/token", byPolicy);
  const second = await put(url, "/v1/acl/token", { Roles: [{ ID: role.ID }], Local: true });
  const [cert] = ((await listRoots(url)).Roots ?? []) as { RootCert: string }[];
  await put(url, "/v1/acl/auth-method", {
    Name: "k8s",
    Type: "kubernetes",
    Config: {
      Host: "https://127.0.0.1:1",
      CACert: cert?.RootCert,
      // Of nobody: a head and a body without a signature.
      ServiceAccountJWT: "eyJhbGciOiJub25lIn0.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.",
    },
  });
  await put(url, "/v1/acl/binding-rule", {
    AuthMethod: "k8s",
    BindType: "role",
    BindName: "readers",
    Selector: "serviceaccount.namespace==default",
  });
  await fetch(`${url}/v1/connect/intentions`, {
    method: "POST",
    body: JSON.stringify({ SourceName: "web", DestinationName: "db", Action: "allow", Meta: { a: "b" } }),
  });
  await put(url, "/v1/kv/app/key", "value");
  return [first.SecretID ?? "", second.SecretID ?? ""];
}

const listRoots = async (url: string) => JSON.parse((await ask(url, "/v1/connect/ca/roots")).text);

describe.skipIf(WHY_NOT !== "")(`records that are kept, and a real Consul ${WHY_NOT}`, () => {
  test(
    "an archive with one of everything is restored by Consul after its way through here: every object is answered as without it",
    async () => {
      const file = tempFile("consul.snap");
      writeFileSync(file, CONSUL_ARCHIVE);
      const through = await throughOurs(file);
      expect(through.stdout).toContain("Kept for the next save, not served: 5 ACLToken, 3 ACLPolicy, 1 ACLRole");
      expect(through.stderr).toContain("Warning: access control is not enforced in this version");
      expect(await keptOf(readFileSync(through.file))).toEqual(await keptOf(CONSUL_ARCHIVE));
      const [straight, around] = [await theirs(), await theirs()];
      await restoreInto(straight, file);
      await restoreInto(around, through.file);
      expect(await answers(around)).toEqual(await answers(straight));
    },
    TEST_MS_MAX,
  );

  test(
    "tokens of a living Consul open the same doors in the one that its archive reaches through here, and the CA is the same",
    async () => {
      const from = await theirs();
      const secrets = await seed(from);
      const expected = await answers(from);
      const file = tempFile("live.snap");
      const archive = await savedBy(from);
      writeFileSync(file, archive);
      const through = await throughOurs(file);
      const to = await theirs();
      await restoreInto(to, through.file);
      expect(await answers(to)).toEqual(expected);
      for (const secret of secrets) {
        expect(await ask(to, "/v1/kv/app/key?raw", secret)).toEqual({ status: 200, text: '"value"' });
        expect((await ask(to, "/v1/kv/other?raw", secret)).status).toBe(403);
        expect(await ask(to, "/v1/acl/token/self", secret)).toEqual(await ask(from, "/v1/acl/token/self", secret));
      }
      expect(await keptOf(readFileSync(through.file))).toEqual(await keptOf(archive));
      // Root and key of the CA as they were, and it signs. Consul writes its settings in another order each time.
      const ofCa = async (bytes: Uint8Array) => (await keptOf(bytes)).filter((record) => /^1[34] /.test(record));
      expect(await ofCa(archive)).toHaveLength(2);
      expect(await ofCa(await savedBy(to))).toEqual(await ofCa(archive));
      expect((await ask(to, "/v1/agent/connect/ca/leaf/web")).status).toBe(200);
    },
    TEST_MS_MAX,
  );

  test(
    "what later versions wrote goes back to them, and for a Consul 1.8, which would end over it, it is left out when asked",
    async () => {
      const newer = stateBinWith([
        [31, { Key: "virtual-ips", Value: "true", CreateIndex: 3, ModifyIndex: 3 }],
        [33, { IP: "240.0.0.1", IsCounter: true }],
        [42, { resource: "of a later version" }],
      ]);
      const headerBytes = stateBinWith([]).length;
      const file = tempFile("newer.snap");
      writeFileSync(file, packed(Buffer.concat([await stateBinOf(CONSUL_ARCHIVE), newer.subarray(headerBytes)])));
      const env = { CONSUL_HTTP_ADDR: await ours() };
      const run = (...words: string[]) => runExecutable(tempFile(""), ["snapshot", ...words], env);
      expect((await run("restore", file)).code).toBe(0);
      const [all, of18] = [tempFile("all.snap"), tempFile("of18.snap")];
      expect((await run("save", all)).stdout).not.toContain("Left out");
      expect(await keptOf(readFileSync(all))).toHaveLength((await keptOf(CONSUL_ARCHIVE)).length + 3);
      expect((await run("save", "-without-newer", of18)).stdout).toContain(
        "Left out: 1 FreeVirtualIP, 1 SystemMetadata, 1 Resource",
      );
      const to = await theirs();
      await restoreInto(to, of18);
      expect(await keptOf(await savedBy(to))).toHaveLength((await keptOf(CONSUL_ARCHIVE)).length - EXPIRED);
    },
    TEST_MS_MAX,
  );
});
