/** `docs/migrate-from-consul.md`, executed: from a real Consul to here, and back. */
import { describe, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loopback } from "../../e2e/harness/cluster/network.ts";
import { EXECUTABLE, until } from "../../support/e2e/agent.ts";
import { commandBlocks } from "../../tidy/markdown.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";
import { everything } from "./harness/everything.ts";
import { seed } from "./harness/seed.ts";

const DOCUMENT = "docs/migrate-from-consul.md";
const RUN_HERE = "the test of this page runs it beside a real Consul";
const TEST_MS_MAX = 110_000;
const WAIT_MS = 30_000;
const END_MS_MAX = 15_000;
const KEY = Buffer.alloc(16, 7).toString("base64");
/** Consul's access control is on, and lets pass who shows no token. */
const MANAGEMENT = "11111111-2222-3333-4444-555555555555";
const ACL = { acl: { enabled: true, default_policy: "allow", tokens: { master: MANAGEMENT } } };
/** The names of the hosts: agents of either program, which write about themselves. */
const AGENTS = ["s1", "c1"];

/** One host of the page: what it calls by its usual path is in a folder of its own. */
class Host {
  readonly dir: string;
  readonly address: string;
  readonly #bin: string;
  #agent: Bun.Subprocess | undefined;
  #starts = 0;

  constructor(root: string, name: string, address: string, config: object, services: readonly object[]) {
    this.dir = join(root, name);
    this.address = address;
    this.#bin = join(root, "bin");
    mkdirSync(join(this.dir, "etc"), { recursive: true });
    const usual = {
      ...{ datacenter: "dc1", node_name: name, bind_addr: address, client_addr: address, encrypt: KEY },
      ...{ data_dir: join(this.dir, "opt"), connect: { enabled: true }, ui: true, disable_update_check: true },
      ...{ node_meta: { rack: `of-${name}` }, performance: { raft_multiplier: 1 }, retry_interval: "1s" },
    };
    writeFileSync(join(this.dir, "etc", "agent.json"), JSON.stringify({ ...usual, ...config }));
    writeFileSync(join(this.dir, "etc", "services.json"), JSON.stringify({ services }));
  }

  accessControl(folder: "etc" | "etc-muster"): string {
    return join(this.dir, folder, "acl.json");
  }

  get url(): string {
    return `http://${this.address}:8500`;
  }

  /** The page's commands with this host's paths and addresses. */
  own(script: string): string {
    return script
      .replaceAll("/etc/consul.d", join(this.dir, "etc"))
      .replaceAll("/etc/muster.d", join(this.dir, "etc-muster"))
      .replaceAll("/opt/consul", join(this.dir, "opt"))
      .replaceAll("/var/lib/muster", join(this.dir, "muster"))
      .replaceAll("127.0.0.1:8500", `${this.address}:8500`)
      .replaceAll("@127.0.0.1 -p 8600", `@${this.address} -p 8600`);
  }

  /** Runs commands to their end and gives what they printed; throws when one fails. */
  async run(script: string): Promise<string> {
    const child = Bun.spawn(["sh", "-eu", "-c", this.own(script)], {
      ...this.#options,
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${out}${err}`);
    return out + err;
  }

  /** Starts an agent by commands of the page, of which the last one stays, and waits until `isThere`. */
  async start(commands: string, isThere: () => Promise<boolean>): Promise<void> {
    const at = commands.search(/^(muster|consul) agent /m);
    if (at > 0) await this.run(commands.slice(0, at));
    const command = commands.slice(at);
    const log = openSync(join(this.dir, `agent-${++this.#starts}.log`), "w");
    const agent = Bun.spawn(["sh", "-c", `exec ${this.own(command)}`], { ...this.#options, stdout: log, stderr: log });
    closeSync(log);
    this.#agent = agent;
    const looked = async () => {
      if (agent.exitCode !== null) throw new Error(`it ended with ${agent.exitCode}`);
      return await isThere().catch(() => false);
    };
    await until(looked, `${command} to be there`, WAIT_MS).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}\n${this.lastWords()}`);
    });
  }

  lastWords(): string {
    const path = join(this.dir, `agent-${this.#starts}.log`);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(-25).join("\n") : "";
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    agent.kill(signal);
    await until(async () => agent.exitCode !== null || agent.signalCode !== null, "its end", END_MS_MAX).catch(() =>
      agent.kill("SIGKILL"),
    );
    await agent.exited;
  }

  get #options() {
    const path = `${this.#bin}:${process.env.PATH ?? "/usr/bin:/bin"}`;
    return {
      cwd: this.dir,
      env: { PATH: path, HOME: this.dir, CONSUL_HTTP_ADDR: `${this.address}:8500`, CONSUL_HTTP_TOKEN: MANAGEMENT },
      stdin: "ignore" as const,
    };
  }
}

const service = (name: string, port: number) => ({
  ...{ name, id: `${name}-file`, port, tags: ["v1", "from-file"], meta: { version: "v1" } },
  check: { ttl: "1h", status: "passing", name: "beat" },
});

async function withHosts(body: (server: Host, client: Host) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "migration-"));
  mkdirSync(join(root, "bin"));
  symlinkSync(EXECUTABLE, join(root, "bin", "muster"));
  symlinkSync(CONSUL.binary, join(root, "bin", "consul"));
  const network = loopback();
  const [first, second] = [(await network.place()).address, (await network.place()).address];
  const server = new Host(root, "s1", first, { server: true, bootstrap_expect: 1 }, [service("api", 9000)]);
  const client = new Host(root, "c1", second, { retry_join: [first] }, [service("web", 8000)]);
  try {
    await body(server, client);
  } catch (error) {
    process.stderr.write(`--- server\n${server.lastWords()}\n--- client\n${client.lastWords()}\n`);
    throw error;
  } finally {
    await client.stop("SIGKILL");
    await server.stop("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
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
      withHosts(async (server, client) => {
        const blocks = commandBlocks(DOCUMENT).filter(({ notRun }) => notRun === RUN_HERE);
        const [
          look,
          validate,
          answers,
          moveFiles,
          startServer,
          restore,
          startClient,
          compare,
          save,
          startAgain,
          restoreAgain,
        ] = blocks.map(({ script }) => script);
        expect(blocks).toHaveLength(11);

        writeFileSync(server.accessControl("etc"), JSON.stringify(ACL));
        await server.start("consul agent -config-dir=/etc/consul.d", leads(server));
        await client.start("consul agent -config-dir=/etc/consul.d", leads(client));
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

        await server.run(look ?? "");
        await expect(server.run(validate ?? "")).rejects.toThrow("acl.enabled is true: everything would be open");
        rmSync(server.accessControl("etc-muster"));
        expect(await server.run(validate ?? "")).toContain("Configuration is valid!");
        await server.run(answers ?? "");
        await client.stop();
        await server.stop();

        await server.run(moveFiles ?? "");
        await server.start(startServer ?? "", leads(server));
        expect(await server.run(restore ?? "")).toMatch(
          /^Restored snapshot\nKept for the next save, not served: .*2 ACLPolicy.* 1 Intention, 1 ConnectCA/,
        );
        const notMoved = await text(`${server.url}/v1/health/node/c1`);
        for (const check of ["serfHealth", "service:web-file", "service:worker-http"])
          expect(notMoved).toContain(check);
        await client.start(startClient ?? "", leads(client));
        await until(isWhole(server), "the hosts to be in the catalog again", WAIT_MS);
        expect(await everything(server.address, AGENTS)).toEqual(expected);
        expect(await everything(client.address, AGENTS)).toEqual(expected);
        expect(await server.run(compare ?? "")).toBe("");

        await server.run(save ?? "");
        await client.stop();
        await server.stop();
        await server.start(startAgain ?? "", leads(server));
        expect(await server.run(restoreAgain ?? "")).toContain("Restored snapshot");
        await client.start("consul agent -config-dir=/etc/consul.d", leads(client));
        // What was registered over HTTP was left in the other directory.
        await register(server, "cache");
        await until(isWhole(server), "Consul's agents to be there again", WAIT_MS);
        expect(await everything(server.address, AGENTS)).toEqual(expected);
        expect(await keptAnswers(server)).toEqual(kept);
      }),
    TEST_MS_MAX,
  );
});
