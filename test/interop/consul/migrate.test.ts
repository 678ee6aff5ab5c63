/** `docs/migrate-from-consul.md`, executed: from a real Consul to here, and back. */
import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loopback } from "../../e2e/harness/cluster/network.ts";
import { EXECUTABLE, until } from "../../support/e2e/agent.ts";
import { commandBlocks } from "../../tidy/markdown.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";
import { everything } from "./harness/everything.ts";
import { Host, MANAGEMENT } from "./harness/host.ts";
import { seed } from "./harness/seed.ts";

const DOCUMENT = "docs/migrate-from-consul.md";
const RUN_HERE = "the test of this page runs it beside a real Consul";
const TEST_MS_MAX = 110_000;
const WAIT_MS = 30_000;
const ACL = { acl: { enabled: true, default_policy: "allow", tokens: { master: MANAGEMENT } } };
/** The names of the hosts: agents of either program, which write about themselves. */
const AGENTS = ["s1", "c1"];

const service = (name: string, port: number) => ({
  ...{ name, id: `${name}-file`, port, tags: ["v1", "from-file"], meta: { version: "v1" } },
  check: { ttl: "1h", status: "passing", name: "beat" },
});

/** Hosts of these names, of which none runs yet, and of which none is left afterwards. */
async function withHosts(names: readonly string[], body: (...hosts: Host[]) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "migration-"));
  mkdirSync(join(root, "bin"));
  symlinkSync(EXECUTABLE, join(root, "bin", "muster"));
  symlinkSync(CONSUL.binary, join(root, "bin", "consul"));
  const network = loopback();
  const hosts: Host[] = [];
  for (const name of names) hosts.push(new Host(root, name, (await network.place()).address));
  try {
    await body(...hosts);
  } catch (error) {
    process.stderr.write(hosts.map((host) => `--- ${host.dir}\n${host.lastWords()}\n`).join(""));
    throw error;
  } finally {
    for (const host of hosts) await host.stop("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
}

/** The page's commands, in its order. */
function commands() {
  const blocks = commandBlocks(DOCUMENT).filter(({ notRun }) => notRun === RUN_HERE);
  expect(blocks).toHaveLength(11);
  const [look = "", validate = "", answers = "", moveFiles = "", startServer = "", ...later] = blocks.map(
    ({ script }) => script,
  );
  const [restore = "", startClient = "", compare = "", save = "", startAgain = "", restoreAgain = ""] = later;
  const here = { look, validate, answers, moveFiles, startServer, restore, startClient, compare };
  return { ...here, save, startAgain, restoreAgain, consul: "consul agent -config-dir=/etc/consul.d" };
}

const text = async (url: string) => await (await fetch(url)).text();
/** There is a leader, and it has taken up its duties. */
const leads = (host: Host) => async () => {
  const { status } = await fetch(`${host.url}/v1/kv/?keys&consistent`);
  return (status === 200 || status === 404) && (await text(`${host.url}/v1/status/leader`)).includes(":");
};
/** Both hosts' services are in the catalog, and all of what is there of them is well. */
const isWhole = (host: Host) => async () => {
  const checks = await Promise.all(
    AGENTS.map(async (name) => {
      const path = `${host.url}/v1/health/node/${name}`;
      return (await (await fetch(path)).json()) as { CheckID: string; Status: string }[];
    }),
  );
  return checks.every((found) => found.length === 3 && found.every(({ Status }) => Status === "passing"));
};

async function register(host: Host, name: string): Promise<void> {
  const body = { Name: name, ID: `${name}-http`, Port: 7000, Check: { TTL: "1h" } };
  for (const [path, sent] of [
    ["service/register", JSON.stringify(body)],
    [`check/pass/service:${name}-http?note=well`, ""],
  ]) {
    const answer = await fetch(`${host.url}/v1/agent/${path}`, { method: "PUT", body: sent });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}

/** What is kept here without being served, as Consul answers. */
async function keptAnswers(host: Host): Promise<readonly string[]> {
  const paths = [
    ...["connect/intentions", "connect/ca/roots", "acl/tokens", "acl/policies", "acl/roles", "acl/auth-methods"],
    ...[`acl/token/self`, "acl/policy/name/readers"],
  ];
  const headers = { "X-Consul-Token": MANAGEMENT };
  return await Promise.all(
    paths.map(async (path) => await (await fetch(`${host.url}/v1/${path}`, { headers })).text()),
  );
}

async function grant(host: Host): Promise<void> {
  const put = async (path: string, body: object) => {
    const headers = { "X-Consul-Token": MANAGEMENT };
    const answer = await fetch(`${host.url}/v1/acl/${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await put("policy", { Name: "readers", Rules: 'key_prefix "" { policy = "read" }' });
  await put("role", { Name: "reading", Policies: [{ Name: "readers" }] });
  await put("token", { Description: "of a reader", Roles: [{ Name: "reading" }], Policies: [{ Name: "readers" }] });
}

describe.skipIf(WHY_NOT !== "")(`the page about moving from Consul, executed ${WHY_NOT}`, () => {
  test(
    "everything is answered here as before by Consul, and by Consul as before when one goes back",
    () =>
      withHosts(AGENTS, async (...[server, client]: Host[]) => {
        if (server === undefined || client === undefined) throw new Error("no hosts");
        const page = commands();
        server.configure({ server: true, bootstrap_expect: 1 }, [service("api", 9000)]);
        client.configure({ retry_join: [server.address] }, [service("web", 8000)]);
        writeFileSync(server.accessControl("etc"), JSON.stringify(ACL));
        await server.start(page.consul, leads(server));
        await client.start(page.consul, leads(client));
        await register(server, "cache");
        await register(client, "worker");
        await seed(server.url);
        // They hang on the hosts' own health.
        for (const { url } of [server, client]) await fetch(`${url}/v1/session/create`, { method: "PUT" });
        await grant(server);
        await until(isWhole(server), "Consul's agents to be in its catalog", WAIT_MS);
        const expected = await everything(server.address, AGENTS);
        const kept = await keptAnswers(server);
        expect(Object.keys(expected).length).toBeGreaterThan(100);
        expect(expected["/v1/session/list"]).toHaveLength(4);

        await server.run(page.look);
        await expect(server.run(page.validate)).rejects.toThrow("acl.enabled is true: everything would be open");
        rmSync(server.accessControl("etc-muster"));
        expect(await server.run(page.validate)).toContain("Configuration is valid!");
        await server.run(page.answers);
        await client.stop();
        await server.stop();

        await server.run(page.moveFiles);
        await server.start(page.startServer, leads(server));
        expect(await server.run(page.restore)).toMatch(
          /^Restored snapshot\nKept for the next save, not served: .*2 ACLPolicy.* 1 Intention, 1 ConnectCA/,
        );
        const notMoved = await text(`${server.url}/v1/health/node/c1`);
        for (const check of ["serfHealth", "service:web-file", "service:worker-http"])
          expect(notMoved).toContain(check);
        await client.start(page.startClient, leads(client));
        await until(isWhole(server), "the hosts to be in the catalog again", WAIT_MS);
        expect(await everything(server.address, AGENTS)).toEqual(expected);
        expect(await everything(client.address, AGENTS)).toEqual(expected);
        expect(await server.run(page.compare)).toBe("");

        await server.run(page.save);
        await client.stop();
        await server.stop();
        await server.start(page.startAgain, leads(server));
        expect(await server.run(page.restoreAgain)).toContain("Restored snapshot");
        await client.start(page.consul, leads(client));
        // What was registered over HTTP was left in the other directory.
        await register(server, "cache");
        await until(isWhole(server), "Consul's agents to be there again", WAIT_MS);
        expect(await everything(server.address, AGENTS)).toEqual(expected);
        expect(await keptAnswers(server)).toEqual(kept);
      }),
    TEST_MS_MAX,
  );

  test(
    "one server of Consul becomes three, and each has everything",
    () =>
      withHosts(["s1", "s2", "s3"], async (...servers) => {
        const page = commands();
        const [first, second] = servers;
        if (first === undefined || second === undefined) throw new Error("no hosts");
        first.configure({ server: true, bootstrap_expect: 1 }, []);
        await first.start(page.consul, leads(first));
        await seed(first.url);
        const expected = ofNoAgent(await everything(first.address, []));
        await first.run(page.look);
        await first.stop();
        const retry_join = servers.map(({ address }) => address);
        for (const server of servers) {
          server.configure({ server: true, bootstrap_expect: 3, retry_join }, []);
          await server.run("rm -rf /etc/muster.d; cp -r /etc/consul.d /etc/muster.d; mkdir -p /opt/consul");
          if (server !== first) writeFileSync(join(server.dir, "opt", "node-id"), crypto.randomUUID());
        }
        await Promise.all(servers.map((server) => server.start(page.startServer, leads(server))));
        copyFileSync(join(first.dir, "consul.snap"), join(second.dir, "consul.snap"));
        await second.run(page.restore);
        for (const { address } of servers) expect(ofNoAgent(await everything(address, []))).toEqual(expected);
      }),
    TEST_MS_MAX,
  );
});

/** Without what is about the servers themselves. */
const ofNoAgent = (answers: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(answers).filter(([path]) => /\/v1\/(kv|session\/info|query|config)\b|\bext\d|\bdb\b/.test(path)),
  );
