import type { Database } from "bun:sqlite";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hex, makeArchive, packState } from "../support/made-archive.ts";
import { serfCheck, stateRig } from "../support/state-rig.ts";
import { instance as serviceOf } from "../unit/state/catalog/world.ts";

// `bun test/bench/restore.ts --muster dist/muster [--consul PATH] [--mb 10 --mb 100] [--servers 3]`: how long answers to others take while
// an archive is restored, saved, or sent to a server that was away; how much memory that takes, and how long. Prints, and asserts nothing.
// Needs curl, so that whoever measures does not send the archive itself.

const PROBE_EVERY_MS = 4;
const READY_MS_MAX = 60_000;
const KEYS_PER_MB = 2000;
const NODES_PER_MB = 40;
const INDEX = 300_000;
const LINES_SHOWN = 8;
const LINE_CHARS_SHOWN = 160;
const ADDRESS = (at: number) => `127.89.8.${at + 1}`;

const { values: args } = parseArgs({
  options: {
    muster: { type: "string", default: "dist/muster" },
    consul: { type: "string" },
    mb: { type: "string", multiple: true, default: ["10", "100"] },
    servers: { type: "string", multiple: true, default: ["1", "3"] },
    content: { type: "string", multiple: true, default: ["keys"] },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);
const root = mkdtempSync(join(tmpdir(), "restore-bench-"));

interface Server {
  dir: string;
  address: string;
  pid: number;
  child: Bun.Subprocess;
}

async function launch(binary: string, at: number, servers: number): Promise<Server> {
  const dir = join(root, `s${at}`);
  mkdirSync(dir, { recursive: true });
  const address = ADDRESS(at);
  const config = join(root, `s${at}.json`);
  // A short log, so that a server that was away needs a snapshot; and no CA, which only one of the two has.
  writeFileSync(
    config,
    JSON.stringify({
      raft_snapshot_threshold: 50,
      raft_snapshot_interval: "5s",
      raft_trailing_logs: 20,
      performance: { raft_multiplier: 1 },
    }),
  );
  const joins = Array.from({ length: servers }, (_, other) => `-retry-join=${ADDRESS(other)}`);
  const flags = ["-server", `-bootstrap-expect=${servers}`, `-node=n${at}`, `-bind=${address}`, `-client=${address}`];
  const child = Bun.spawn([binary, "agent", ...flags, `-data-dir=${dir}`, `-config-file=${config}`, ...joins], {
    env: { PATH: process.env.PATH ?? "", HOME: root },
    stdout: Bun.file(join(root, `s${at}.log`)),
    stderr: "ignore",
  });
  return { dir, address, pid: child.pid, child };
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + READY_MS_MAX;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`waited for ${what}; logs are in ${root}`);
    await Bun.sleep(50);
  }
}

const url = (server: Server, path: string) => `http://${server.address}:8500${path}`;
const leaderOf = async (server: Server) => (await (await fetch(url(server, "/v1/status/leader"))).json()) as string;

async function termOf(server: Server): Promise<string> {
  const self = (await (await fetch(url(server, "/v1/agent/self"))).json()) as { Stats: { raft: { term: string } } };
  return self.Stats.raft.term;
}

/** Nanoseconds that the main thread waited for a core: what others on the machine took is not the server's stall. */
const waitedMs = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
const peakMb = (pid: number) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** Asks a server again and again; a question that takes long is one that its loop did not come to. */
class Probe {
  readonly #server: Server;
  readonly #ask: () => Promise<unknown>;
  readonly ms: number[] = [];
  readonly ownMs: number[] = [];
  failed = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(server: Server, ask: () => Promise<unknown>) {
    this.#server = server;
    this.#ask = ask;
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const waited = waitedMs(this.#server.pid);
      const begin = performance.now();
      try {
        await this.#ask();
      } catch {
        this.failed++;
      }
      const took = performance.now() - begin;
      this.ms.push(took);
      this.ownMs.push(Math.max(0, took - (waitedMs(this.#server.pid) - waited)));
      await Bun.sleep(PROBE_EVERY_MS);
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }
}

const QUESTION = Buffer.from("abcd01000001000000000000\u0006consul\u0007service\u0006consul\u0000".slice(24), "latin1");
const DNS_QUERY = Buffer.concat([
  Buffer.from("abcd01000001000000000000", "hex"),
  QUESTION,
  Buffer.from("00010001", "hex"),
]);

function dnsAsker(address: string): () => Promise<void> {
  const socket = createSocket("udp4");
  socket.unref();
  return () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer")), 5000);
      socket.once("message", () => {
        clearTimeout(timer);
        resolve();
      });
      socket.send(DNS_QUERY, 8600, address);
    });
}

const top = (values: readonly number[]) => Math.max(0, ...values);
const share = (values: readonly number[], at: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * at)] ?? 0;

/** What a server said of elections and leaders. */
const lastWords = (log: string) =>
  readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => /elect|lead|vote|quorum/i.test(line))
    .slice(-LINES_SHOWN)
    .map((line) => `    ${line.slice(0, LINE_CHARS_SHOWN)}`)
    .join("\n");

/** Runs `what` and prints what the servers did meanwhile. */
async function watch(name: string, servers: readonly Server[], what: () => Promise<unknown>): Promise<void> {
  const before = await Promise.any(servers.map(termOf));
  for (const { pid } of servers) forgetPeak(pid);
  const resting = servers.map(({ pid }) => peakMb(pid));
  const probes = servers.map((server) => ({
    server,
    http: new Probe(server, async () => (await fetch(url(server, "/v1/kv/key/1?stale"))).arrayBuffer()),
    dns: new Probe(server, dnsAsker(server.address)),
  }));
  const begin = performance.now();
  await what();
  const took = performance.now() - begin;
  // What follows it: waking, checkpoints.
  await Bun.sleep(3000);
  for (const { http, dns } of probes) await Promise.all([http.end(), dns.end()]);
  const leader = await Promise.any(servers.map(leaderOf));
  const after = await Promise.any(servers.map(termOf));
  say(`${name}: ${(took / 1000).toFixed(1)} s${before === after ? "" : `, term ${before} -> ${after}`}`);
  if (before !== after) for (const { dir } of servers) say(lastWords(`${dir}.log`));
  for (const [at, { server, http, dns }] of probes.entries()) {
    const role = leader.startsWith(`${server.address}:`) ? "leader  " : "follower";
    const ms = (probe: Probe) =>
      `longest ${top(probe.ownMs).toFixed(0)} ms (with others' turns ${top(probe.ms).toFixed(0)}), 99 % ${share(probe.ownMs, 0.99).toFixed(1)}, over 20 ms: ${probe.ownMs.filter((each) => each > 20).length}${probe.failed > 0 ? `, failed ${probe.failed}` : ""}`;
    say(`  n${at} ${role} HTTP ${ms(http)}`);
    say(`              DNS  ${ms(dns)}`);
    say(`              peak ${peakMb(server.pid).toFixed(0)} MB, ${(resting[at] ?? 0).toFixed(0)} before`);
  }
}

/** Starts curl so that it waits for a word: to start a program takes this process longer than a question may. */
function curl(...words: string[]): () => Promise<void> {
  const command = ["sh", "-c", 'read -r go && exec "$@"', "sh", "curl", "-sS", "-w", "%{http_code}", ...words];
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  return async () => {
    child.stdin.write("go\n");
    child.stdin.end();
    const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    if (!out.endsWith("200")) throw new Error(`curl ${words.at(-1)}: ${out} ${error}`);
  };
}

/** An archive whose `state.bin` has about so many bytes. */
async function archiveOf(mb: number, content: string): Promise<string> {
  const path = join(root, `${content}-${mb}.snap`);
  if (content === "keys") await makeArchive({ path, prefix: "key/", keys: mb * KEYS_PER_MB, valueBytes: 400 });
  else await packState(catalogOf(mb * NODES_PER_MB), path, INDEX);
  say(`archive of ${mb} MB, ${content}: packed ${(statSync(path).size / 2 ** 20).toFixed(0)} MB`);
  return path;
}

/** Nodes with 20 services and checks each. */
function catalogOf(nodes: number): Database {
  const rig = stateRig();
  for (let at = 0; at < nodes; at++) {
    const Node = `host${at}`;
    const node = { ID: "", Node, Address: `10.0.${at >> 8}.${at & 255}`, Datacenter: "dc1", TaggedAddresses: null };
    for (let instance = 0; instance < 20; instance++) {
      const name = `svc${instance}`;
      rig.apply({
        type: "catalog.register",
        node: { ...node, Meta: { "external-node": "true" } },
        skipNodeUpdate: false,
        service: serviceOf({ ID: name, Service: name, Tags: [hex(16)], Port: 80, Meta: { v: hex(32) } }),
        checks: [
          {
            ...serfCheck(Node, "passing"),
            CheckID: `c${instance}`,
            ServiceID: name,
            ServiceName: name,
            Output: hex(64),
          },
        ],
      });
    }
  }
  rig.machine.flush();
  return rig.db.$client;
}

async function measure(program: string, binary: string, archive: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) rmSync(join(root, `s${at}`), { recursive: true, force: true });
  const servers: Server[] = [];
  try {
    for (let at = 0; at < count; at++) servers.push(await launch(binary, at, count));
    const all = async () => (await Promise.all(servers.map(leaderOf))).every((leader) => leader !== "");
    await until(all, "a leader everywhere");
    await Bun.sleep(3000);
    const leader = await leaderOf(servers[0] as Server);
    const asked = servers.find(({ address }) => !leader.startsWith(`${address}:`)) ?? (servers[0] as Server);
    const title = `${program}, ${count} server${count > 1 ? "s" : ""}`;
    await watch(
      `${title}: restore through n${servers.indexOf(asked)}`,
      servers,
      curl("-X", "PUT", "--data-binary", `@${archive}`, url(asked, "/v1/snapshot")),
    );
    const saved = join(root, "saved.snap");
    await watch(`${title}: save`, servers, curl("-o", saved, url(asked, "/v1/snapshot")));
    if (count > 1) {
      await until(all, "a leader everywhere");
      asked.child.kill("SIGKILL");
      await asked.child.exited;
      rmSync(asked.dir, { recursive: true });
      for (let round = 0; round < 200; round++)
        await fetch(url(servers.find((each) => each !== asked) as Server, "/v1/kv/after"), {
          method: "PUT",
          body: `${round}`,
        });
      await Bun.sleep(12_000);
      const at = servers.indexOf(asked);
      const fresh = await launch(binary, at, count);
      servers[at] = fresh;
      const have = async () =>
        (await fetch(url(fresh, "/v1/kv/key/1?stale"))).status === 200 ||
        (await fetch(url(fresh, "/v1/catalog/node/host1?stale"))).status === 200;
      await watch(`${title}: a new n${at} is sent a snapshot`, servers, () => until(have, "the snapshot to be there"));
    }
  } finally {
    for (const { child } of servers) child.kill("SIGKILL");
    await Promise.all(servers.map(({ child }) => child.exited));
  }
}

process.on("exit", () => existsSync(root) && rmSync(root, { recursive: true }));
for (const content of args.content) {
  for (const mb of args.mb) {
    const archive = await archiveOf(Number(mb), content);
    for (const count of args.servers.map(Number)) {
      if (args.consul !== undefined) await measure("Consul", args.consul, archive, count);
      await measure("Muster", args.muster, archive, count);
    }
  }
}
process.exit();
