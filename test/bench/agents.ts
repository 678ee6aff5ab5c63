import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOAD_CORE, SERVER_CORE } from "./machine.ts";
import type { Peer } from "./peers.ts";

const READY_MS_MAX = 120_000;
const POLL_MS = 50;
const STOP_MS_MAX = 5_000;
/** As a start script would: all at once would measure how the kernel shares the cores. */
const START_BATCH = 10;
const ALIVE = 1;
const FAILED = 4;

/** One process of a pool, with a loopback address of its own, so that all have the usual ports. */
export interface BenchAgent {
  readonly name: string;
  readonly address: string;
  readonly child: Bun.Subprocess;
}

/** A server and its client agents, all of them members. */
export interface Agents {
  readonly server: BenchAgent;
  readonly clients: readonly BenchAgent[];
  /** From the start of the first client to the moment in which the server knows all of them. */
  readonly formedMs: number;
}

interface Member {
  Name: string;
  Status: number;
}

/** Runs `use` with a pool of one server and `count` clients in new folders; ends them and removes the folders whatever happens. */
export async function withAgents<T>(
  peer: Peer,
  root: string,
  count: number,
  use: (agents: Agents) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(root, `${peer.name.toLowerCase()}-agents-`));
  const started: BenchAgent[] = [];
  const kill = () => {
    for (const { child } of started) child.kill("SIGKILL");
  };
  process.once("exit", kill);
  try {
    const server = launch(peer, dir, 0, { server: true, bootstrap_expect: 1 });
    started.push(server);
    await until(`a leader of ${peer.name}`, async () => (await get(server, "/v1/status/leader")) !== "");
    const startMs = performance.now();
    for (let at = 1; at <= count; at++) {
      started.push(launch(peer, dir, at, { retry_join: [server.address], retry_interval: "1s" }));
      if (at % START_BATCH === 0) await Bun.sleep(POLL_MS);
    }
    await until(`${count} clients of ${peer.name}`, async () => (await aliveNames(server)).length === count + 1);
    const formedMs = performance.now() - startMs;
    return await use({ server, clients: started.slice(1), formedMs });
  } finally {
    process.off("exit", kill);
    kill();
    await Promise.race([Promise.all(started.map(({ child }) => child.exited)), Bun.sleep(STOP_MS_MAX)]);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Milliseconds from the death of a client (SIGKILL) to the moment in which the server lists it as failed. */
export async function deathSeenMs(server: BenchAgent, client: BenchAgent): Promise<number> {
  const killedMs = performance.now();
  client.child.kill("SIGKILL");
  await until(`the death of ${client.name}`, async () => {
    const members = await membersOf(server);
    return members.some(({ Name, Status }) => Name === client.name && Status === FAILED);
  });
  return performance.now() - killedMs;
}

function launch(peer: Peer, root: string, number: number, role: Record<string, unknown>): BenchAgent {
  const name = number === 0 ? "server" : `agent-${number}`;
  const address = `127.66.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "agent.json");
  const config = {
    ...{ node_name: name, data_dir: join(dir, "data"), bind_addr: address, client_addr: address },
    ...{ ports: { serf_wan: -1 }, disable_update_check: true, log_level: "WARN" },
    ...role,
  };
  writeFileSync(file, JSON.stringify(config));
  const log = Bun.file(join(dir, "agent.log"));
  const child = Bun.spawn(
    ["taskset", "-c", `${SERVER_CORE},${LOAD_CORE}`, peer.binary, "agent", "-config-file", file],
    {
      cwd: dir,
      env: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dir },
      stdin: "ignore",
      stdout: log,
      stderr: log,
    },
  );
  return { name, address, child };
}

async function aliveNames(server: BenchAgent): Promise<string[]> {
  return (await membersOf(server)).filter(({ Status }) => Status === ALIVE).map(({ Name }) => Name);
}

async function membersOf(server: BenchAgent): Promise<Member[]> {
  const text = await get(server, "/v1/agent/members");
  return text === "" ? [] : (JSON.parse(text) as Member[]);
}

/** "" when it does not answer, or has nothing to say. */
async function get({ address }: BenchAgent, path: string): Promise<string> {
  const answer = await fetch(`http://${address}:8500${path}`).catch(() => undefined);
  const text = answer?.ok === true ? await answer.text() : "";
  return text === '""' ? "" : text;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + READY_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`${what} did not come within ${READY_MS_MAX / 1000} s`);
    await Bun.sleep(POLL_MS);
  }
}
