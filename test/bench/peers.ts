import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { LOAD_CORE, SERVER_CORE } from "./machine.ts";

/** Above the number of waiting queries. Consul refuses to start when it is above the limit of open files less 20. */
const CONNECTIONS_PER_CLIENT = 12_000;
const READY_MS_MAX = 30_000;
const POLL_MS = 2;
const STOP_MS_MAX = 15_000;

/** A program to be measured. */
export interface Peer {
  readonly name: "Consul" | "Muster";
  readonly binary: string;
  /** Flags for the ports that only the one of them has. */
  readonly portNames: readonly string[];
}

/** What a load is sent to. */
export interface Target {
  readonly peer: Peer;
  /** For the load's own files. */
  readonly dir: string;
  /** Without a slash at the end. */
  readonly url: string;
  /** Every process that serves it. */
  readonly pids: readonly number[];
  /** The cores that the servers may use, and the load. */
  readonly cores: { readonly servers: readonly number[]; readonly load: readonly number[] };
}

/** A server of its own data directory, pinned to its core. */
export interface Running extends Target {
  readonly pid: number;
  readonly httpPort: number;
  readonly dnsPort: number;
  /** From the start of the process to the first answer that names a leader. */
  readonly startMs: number;
  /** Takes its core away, so that the other server has it alone; `resume` gives it back and waits until it answers. */
  pause(): void;
  resume(): Promise<void>;
  /** Ends the process and gives the directory for another start. */
  stop(): Promise<void>;
}

export const consul = (binary: string): Peer => ({
  name: "Consul",
  binary,
  portNames: ["serf-lan", "serf-wan", "server"],
});

export const muster = (binary: string): Peer => ({
  name: "Muster",
  binary,
  portNames: ["serf-lan", "serf-wan", "server"],
});

/** Started and not yet ended, so that an interrupted run leaves nothing behind. */
const living = new Map<number, Bun.Subprocess>();

/** Ends at once what this run has started. */
export function killAll(): void {
  for (const child of living.values()) child.kill("SIGKILL");
}

/** What `-version` says in its first line. */
export function versionOf(peer: Peer): string {
  const { stdout } = Bun.spawnSync([peer.binary, "-version"]);
  return stdout.toString().split("\n")[0] ?? "";
}

/**
 * Starts a server in a new folder under `root`, or in the folder of one that was stopped, and waits until it leads.
 * Throws with its output when it does not.
 */
export async function start(peer: Peer, root: string, again?: string): Promise<Running> {
  const dir = again ?? mkdtempSync(join(root, `${peer.name.toLowerCase()}-`));
  mkdirSync(join(dir, "data"), { recursive: true });
  const limits = { limits: { http_max_conns_per_client: CONNECTIONS_PER_CLIENT } };
  await Bun.write(join(dir, "limits.json"), JSON.stringify(limits));
  const [httpPort = 0, dnsPort = 0, ...rest] = await freePorts(2 + peer.portNames.length);
  const flags = ["-server", "-bootstrap", "-data-dir", join(dir, "data"), "-bind", "127.0.0.1", "-node", "n1"];
  const ports = ["-http-port", `${httpPort}`, "-dns-port", `${dnsPort}`];
  const more = peer.portNames.flatMap((name, at) => [`-${name}-port`, `${rest[at]}`]);
  const command = [peer.binary, "agent", ...flags, ...ports, ...more, "-config-file", join(dir, "limits.json")];
  const log = Bun.file(join(dir, "agent.log"));
  const startedNs = Bun.nanoseconds();
  const child = Bun.spawn(
    // The shell and taskset replace themselves, so the process that is watched is the server's.
    ["sh", "-c", `ulimit -n $(ulimit -Hn); exec taskset -c ${SERVER_CORE} "$@"`, "sh", ...command],
    {
      cwd: dir,
      env: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dir },
      stdin: "ignore",
      stdout: log,
      stderr: log,
    },
  );
  living.set(child.pid, child);
  const url = `http://127.0.0.1:${httpPort}`;
  const deadlineNs = startedNs + READY_MS_MAX * 1e6;
  while (!(await leads(url))) {
    if (child.exitCode !== null || Bun.nanoseconds() > deadlineNs) {
      child.kill("SIGKILL");
      throw new Error(`${peer.name} does not start:\n${await log.text()}`);
    }
    await Bun.sleep(POLL_MS);
  }
  const startMs = (Bun.nanoseconds() - startedNs) / 1e6;
  const target: Target = { peer, dir, url, pids: [child.pid], cores: { servers: [SERVER_CORE], load: [LOAD_CORE] } };
  return { ...target, pid: child.pid, httpPort, dnsPort, startMs, ...control(child, url) };
}

function control(child: Bun.Subprocess, url: string): Pick<Running, "pause" | "resume" | "stop"> {
  return {
    pause: () => child.kill("SIGSTOP"),
    resume: async () => {
      child.kill("SIGCONT");
      while (!(await leads(url))) await Bun.sleep(POLL_MS);
    },
    stop: async () => {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
      await child.exited;
      clearTimeout(late);
      living.delete(child.pid);
    },
  };
}

async function leads(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/v1/status/leader`).catch(() => undefined);
  return answer?.ok === true && (await answer.text()).includes(":");
}

/** Starts each peer, hands them over, and ends them and removes their folders whatever happens. */
export async function withServers<T>(
  peers: readonly Peer[],
  root: string,
  use: (servers: readonly Running[]) => Promise<T>,
): Promise<T> {
  const servers: Running[] = [];
  try {
    for (const peer of peers) servers.push(await start(peer, root));
    return await use(servers);
  } finally {
    for (const server of servers) {
      await server.stop();
      rmSync(server.dir, { recursive: true, force: true });
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const listener = createServer();
      await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
      return listener;
    }),
  );
  return held.map((listener) => {
    const address = listener.address();
    listener.close();
    if (address === null || typeof address === "string") throw new Error("a listener without a port");
    return address.port;
  });
}
