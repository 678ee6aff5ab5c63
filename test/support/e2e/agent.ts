import { createSocket } from "node:dgram";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const COPY_PREFIX = "muster-under-test-";

/** The executable under test; `bun run build` makes it. */
export const EXECUTABLE = ownCopy(resolve(process.env.MUSTER_BIN ?? join(import.meta.dir, "../../../dist/muster")));

const READY_MS_MAX = 20_000;
/** What is run to its end must come to it. */
const RUN_MS_MAX = 30_000;
const POLL_MS = 20;
const LOG_LINES_SHOWN = 30;
const PORT_NAMES = ["http", "dns", "serf-lan", "serf-wan", "server"] as const;

export interface Agent {
  readonly httpPort: number;
  readonly dnsPort: number;
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** What it printed so far. */
  output(): Promise<string>;
  /** Sends a signal and gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** Another way to start than the executable: words before the flags, and where. It gets a process group of its own. */
export interface Command {
  readonly words: readonly string[];
  readonly cwd: string;
}

/**
 * Starts an agent in `dir` (its working directory; output goes to `agent.log` there) with free ports and waits until it leads.
 * Throws with the end of its output when it ends or does not lead in time.
 */
export async function startAgent(
  dir: string,
  flags: readonly string[],
  { words, cwd }: Command = { words: [EXECUTABLE, "agent"], cwd: dir },
): Promise<Agent> {
  if (!existsSync(EXECUTABLE)) throw new Error(`no ${EXECUTABLE}; make it with: bun run build`);
  const ports = await freePorts(PORT_NAMES.length);
  const portFlags = PORT_NAMES.map((name, at) => `-${name}-port=${ports[at]}`);
  const log = join(dir, "agent.log");
  // One open file for both, or each would write over what the other wrote.
  const logFd = openSync(log, "a");
  const child = Bun.spawn([...words, "-bind=127.0.0.1", ...portFlags, ...flags], {
    cwd,
    detached: true,
    env: environment(dir),
    stdin: "ignore",
    stdout: logFd,
    stderr: logFd,
  });
  closeSync(logFd);
  const [httpPort = 0, dnsPort = 0] = ports;
  const url = `http://127.0.0.1:${httpPort}`;
  const agent: Agent = {
    httpPort,
    dnsPort,
    url,
    pid: child.pid,
    output: () => Bun.file(log).text(),
    stop: (signal = "SIGTERM") => {
      // The whole group, as the keyboard does: npm starts a shell that starts the agent.
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal);
      return child.exited;
    },
  };
  const isLeader = async () => {
    if (child.exitCode !== null) throw new Error(`the agent ended with code ${child.exitCode}`);
    const answer = await fetch(`${url}/v1/status/leader`).catch(() => undefined);
    return (await answer?.text())?.includes(":") === true;
  };
  try {
    await until(isLeader, "a leader");
  } catch (error) {
    await agent.stop("SIGKILL");
    const lines = (await agent.output()).split("\n").slice(-LOG_LINES_SHOWN).join("\n");
    throw new Error(`${error instanceof Error ? error.message : error}\n${lines}`);
  }
  return agent;
}

/** Runs the executable to its end, with the environment of an agent and `extra`. */
export async function runExecutable(
  dir: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([EXECUTABLE, ...args], {
    cwd: dir,
    env: { ...environment(dir), ...extra },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: RUN_MS_MAX,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Only what the executable may count on; nothing of the tests' own environment reaches it. */
export function environment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home };
}

/** Looks again and again until the condition holds; throws when it does not in time, and what it throws itself. */
export async function until(condition: () => Promise<boolean>, what: string, msMax = READY_MS_MAX): Promise<void> {
  const deadlineMs = performance.now() + msMax;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${msMax} ms for ${what}`);
    await Bun.sleep(POLL_MS);
  }
}

/**
 * A build that comes while tests run does not change what they test. No hook of the test runner outlives all files, so
 * each run removes the copies of those that have ended.
 */
function ownCopy(built: string): string {
  if (!existsSync(built)) return built;
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${COPY_PREFIX}(\\d+)$`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  const dir = join(tmpdir(), COPY_PREFIX + process.pid);
  mkdirSync(dir, { recursive: true });
  const copy = join(dir, "muster");
  copyFileSync(built, copy);
  return copy;
}

/** Ports that are free for TCP and UDP; all are held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; release: () => void }[] = [];
  while (held.length < count) {
    const pair = await holdPort();
    if (pair !== undefined) held.push(pair);
  }
  for (const { release } of held) release();
  return held.map(({ port }) => port);
}

async function holdPort(): Promise<{ port: number; release: () => void } | undefined> {
  const tcp = createServer();
  const udp = createSocket("udp4");
  await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", done));
  const address = tcp.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const isFree = await new Promise<boolean>((done) => {
    udp.once("error", () => done(false));
    udp.bind(port, "127.0.0.1", () => done(true));
  });
  const release = () => {
    tcp.close();
    udp.close();
  };
  if (isFree) return { port, release };
  release();
  return undefined;
}
