import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentProcess, spawnAgent } from "./agent-process.ts";
import { ask } from "./http-client.ts";
import { OTHER_NODE } from "./other-node.ts";
import { freePorts, type Ports } from "./ports.ts";
import type { Json } from "./types.ts";

/** Of the node that the recording knows. Fixed, so that the recording shows them as they are. */
export const NODE_NAME = "n1";
export const NODE_ID = "6d757374-6572-4e31-8000-00000000000a";

const READY_MS_MAX = 30_000;
const SETTLED_MS_MAX = 15_000;
const POLL_MS = 25;
/** What the agents of a datacenter have in common. The rest of a configuration says how the agent that is asked behaves. */
const SHARED_KEYS = new Set(["datacenter", "encrypt", "autopilot", "config_entries", "connect"]);

/** The agent that is asked, alone or as client of a server. */
export interface Agents {
  /** As the recording sees them: where requests go to, what `n1` gossips on, and the server's. */
  readonly ports: Ports;
  /** Where the command line runs. */
  readonly workDir: string;
  /** The highest index at the start; what the agents wrote about themselves is not older or newer in any useful sense. */
  readonly startIndex: number;
  /** Holds data, configuration and `workDir`; shown as `<dir>`. */
  readonly dir: string;
  stop(): Promise<void>;
}

/**
 * Starts a server in a temporary directory, and with a `clientName` also a client agent, which is asked in its place. One
 * of them is `n1`, the other the other node. Waits until there is a leader and the catalog has what the agents say of
 * themselves. Throws with the ends of their logs when it does not get there.
 */
export async function startAgents(
  binary: string,
  config: Readonly<Record<string, Json>>,
  clientName?: string,
): Promise<Agents> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "conformance-")));
  const workDir = join(dir, "work");
  await mkdir(workDir);
  const serverName = clientName === NODE_NAME ? OTHER_NODE : NODE_NAME;
  const agents: AgentProcess[] = [];
  const shared = Object.fromEntries(Object.entries(config).filter(([key]) => SHARED_KEYS.has(key)));
  const start = async (name: string, isAsked: boolean, joining?: Ports) => {
    const options = { binary, dir: join(dir, name), name, ports: await freePorts(), joining };
    const id = name === NODE_NAME ? NODE_ID : undefined;
    const agent = await spawnAgent({ ...options, id, config: isAsked ? config : shared });
    agents.push(agent);
    return agent;
  };
  const stop = async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const server = await start(serverName, clientName === undefined);
    await untilLed(server);
    const client = clientName === undefined ? undefined : await start(clientName, true, server.ports);
    const asked = client ?? server;
    if (client !== undefined) await untilLed(client);
    await untilSettled(asked.ports.http, serverName, clientName);
    const { http, dns } = asked.ports;
    const ports = { ...server.ports, http, dns };
    if (clientName === NODE_NAME) ports.serfLan = asked.ports.serfLan;
    return { ports, workDir, dir, startIndex: await highestIndex(http), stop };
  } catch (error) {
    const logs = await Promise.all(agents.map((agent) => agent.logEnd()));
    await stop();
    throw new Error(`${binary}: ${error instanceof Error ? error.message : error}\n${logs.join("\n")}`);
  }
}

async function untilLed({ ports, exitCode }: AgentProcess): Promise<void> {
  const isLed = await poll(READY_MS_MAX, async () => {
    if (exitCode() !== null) throw new Error(`an agent ended with code ${exitCode()}`);
    return (await text(ports.http, "/v1/status/leader")).includes(":");
  });
  if (!isLed) throw new Error("no leader in time");
}

/** The catalog's entries of the agents are awaited for a while: a young cluster may lack them. */
async function untilSettled(port: number, serverName: string, clientName = serverName): Promise<void> {
  await poll(SETTLED_MS_MAX, async () => {
    // What comes last is looked for first.
    if (!(await isKnown(port, clientName)) || !(await isKnown(port, serverName))) return false;
    const isServerThere = (await text(port, `/v1/catalog/node/${serverName}`)).includes('"ID":"consul"');
    return isServerThere && (await holdsAll(port, clientName));
  });
}

async function isKnown(port: number, name: string): Promise<boolean> {
  if (!(await text(port, `/v1/catalog/node/${name}`)).includes("consul-network-segment")) return false;
  return (await text(port, `/v1/health/node/${name}`)).includes("serfHealth");
}

/** Whether the catalog has what the agent says of itself and what it read from its files. */
async function holdsAll(port: number, name: string): Promise<boolean> {
  const [services, checks, catalogServices, catalogChecks] = await Promise.all([
    text(port, "/v1/agent/services"),
    text(port, "/v1/agent/checks"),
    text(port, `/v1/catalog/node/${name}`),
    text(port, `/v1/health/node/${name}`),
  ]);
  return idsOf(services).every(isIn(catalogServices)) && idsOf(checks).every(isIn(catalogChecks));
}

const idsOf = (json: string) => Object.keys(JSON.parse(json || "{}"));
const isIn = (catalog: string) => (id: string) => catalog.includes(JSON.stringify(id));

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
