import { createSocket } from "node:dgram";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "./http-client.ts";
import type { Json } from "./types.ts";

/** Fixed, so that the recording shows it as it is. */
export const NODE_ID = "6d757374-6572-4e31-8000-00000000000a";

const READY_MS_MAX = 30_000;
const SETTLED_MS_MAX = 5_000;
const POLL_MS = 25;
const STOP_MS_MAX = 5_000;

export interface Ports {
  readonly http: number;
  readonly dns: number;
  readonly serfLan: number;
  readonly serfWan: number;
  readonly server: number;
}

export interface Server {
  readonly ports: Ports;
  /** Where the command line runs. */
  readonly workDir: string;
  /** The highest index at the start; what the server wrote about itself is not older or newer in any useful sense. */
  readonly startIndex: number;
  /** Holds data, configuration and `workDir`; shown as `<dir>`. */
  readonly dir: string;
  stop(): Promise<void>;
}

/**
 * Starts one server of its own in a temporary directory and waits until it leads and has put itself into the catalog.
 * Throws with the end of its log when it does not get there.
 */
export async function startServer(binary: string, config: Readonly<Record<string, Json>>): Promise<Server> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "conformance-")));
  const workDir = join(dir, "work");
  await mkdir(workDir);
  const ports = await freePorts();
  // A fast election; the rest is what a person would run.
  const file = { performance: { raft_multiplier: 1 }, disable_update_check: true, ...config };
  await writeFile(join(dir, "agent.json"), JSON.stringify(file));
  const logPath = join(dir, "agent.log");
  const child = Bun.spawn([binary, ...agentArgs(dir, ports)], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dir },
    stdin: "ignore",
    stdout: Bun.file(logPath),
    stderr: Bun.file(logPath),
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    await rm(dir, { recursive: true, force: true });
  };
  let startIndex = 0;
  try {
    await untilReady(ports.http, () => child.exitCode);
    startIndex = await highestIndex(ports.http);
  } catch (error) {
    const log = (await Bun.file(logPath).text()).split("\n").slice(-15).join("\n");
    await stop();
    throw new Error(`${binary}: ${error instanceof Error ? error.message : error}\n${log}`);
  }
  return { ports, workDir, dir, startIndex, stop: () => stopGently(child, stop) };
}

function agentArgs(dir: string, ports: Ports): string[] {
  return [
    "agent",
    "-server",
    "-bootstrap",
    `-data-dir=${dir}/data`,
    `-config-file=${dir}/agent.json`,
    "-bind=127.0.0.1",
    "-client=127.0.0.1",
    "-node=n1",
    `-node-id=${NODE_ID}`,
    `-http-port=${ports.http}`,
    `-dns-port=${ports.dns}`,
    `-serf-lan-port=${ports.serfLan}`,
    `-serf-wan-port=${ports.serfWan}`,
    `-server-port=${ports.server}`,
    "-enable-script-checks",
    "-log-level=warn",
  ];
}

async function stopGently(child: Bun.Subprocess, kill: () => Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  await Promise.race([child.exited, Bun.sleep(STOP_MS_MAX)]);
  await kill();
}

/** Leader first (an error without it), then its own entry in the catalog (awaited for a while: a young server may lack it). */
async function untilReady(port: number, exitCode: () => number | null): Promise<void> {
  const leader = await poll(READY_MS_MAX, async () => {
    if (exitCode() !== null) throw new Error(`the server ended with code ${exitCode()}`);
    return (await text(port, "/v1/status/leader")).includes(":");
  });
  if (!leader) throw new Error("no leader in time");
  await poll(SETTLED_MS_MAX, async () => {
    const node = await text(port, "/v1/catalog/node/n1");
    const checks = await text(port, "/v1/health/node/n1");
    const isThere = node.includes("consul-network-segment") && node.includes('"ID":"consul"');
    return (
      isThere &&
      checks.includes("serfHealth") &&
      (await holdsAll(port, "services", node)) &&
      (await holdsAll(port, "checks", checks))
    );
  });
}

/** Whether the catalog has what the agent read from its files. */
async function holdsAll(port: number, kind: "services" | "checks", catalog: string): Promise<boolean> {
  const ids = Object.keys(JSON.parse((await text(port, `/v1/agent/${kind}`)) || "{}"));
  return ids.every((id) => catalog.includes(JSON.stringify(id)));
}

async function text(port: number, path: string): Promise<string> {
  return get(port, path).then(
    (answer) => answer.body.toString(),
    () => "",
  );
}

function get(port: number, path: string) {
  return ask(port, { method: "GET", path, headers: {}, body: "" }, 2_000);
}

async function highestIndex(port: number): Promise<number> {
  const paths = ["/v1/catalog/nodes", "/v1/catalog/services", "/v1/health/state/any", "/v1/kv/?keys"];
  const answers = await Promise.all(paths.map((path) => get(port, path)));
  return Math.max(...answers.map((answer) => Number(answer.headers["x-consul-index"] ?? 0)));
}

/** True as soon as `condition` holds, false when it did not within `budgetMs`. */
export async function poll(budgetMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + budgetMs;
  while (performance.now() < deadline) {
    if (await condition()) return true;
    await Bun.sleep(POLL_MS);
  }
  return false;
}

/** Below the ephemeral range, so that no outgoing connection takes them before the server does; five digits each. */
const PORT_MIN = 23_000;
const PORT_MAX = 32_000;
const handedOut = new Set<number>();

async function freePorts(): Promise<Ports> {
  const found: number[] = [];
  while (found.length < 5) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (!handedOut.has(port) && (await isFree(port))) {
      handedOut.add(port);
      found.push(port);
    }
  }
  const [http = 0, dns = 0, serfLan = 0, serfWan = 0, server = 0] = found;
  return { http, dns, serfLan, serfWan, server };
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket("udp4");
  const bound = (emitter: typeof tcp | typeof udp, bind: () => void) =>
    new Promise<boolean>((resolve) => {
      emitter.once("error", () => resolve(false));
      emitter.once("listening", () => resolve(true));
      bind();
    });
  const free =
    (await bound(tcp, () => tcp.listen(port, "127.0.0.1"))) && (await bound(udp, () => udp.bind(port, "127.0.0.1")));
  tcp.close();
  udp.close();
  return free;
}
