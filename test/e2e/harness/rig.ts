import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, EXECUTABLE, environment, freePorts, startAgent, until } from "../../support/e2e/agent.ts";

/** A process that need not become a leader, or need not listen for HTTP at all. */
export interface Launched {
  readonly pid: number;
  readonly ports: Readonly<Record<PortName, number>>;
  output(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code; rejects when it does not come in time. */
  ended(): Promise<number>;
  /** Until `text` is in the output; rejects with the output when the process ends without it. */
  says(text: string): Promise<void>;
}

const PORT_NAMES = ["http", "dns", "serf_lan", "serf_wan", "server"] as const;
type PortName = (typeof PORT_NAMES)[number];

const END_MS_MAX = 20_000;
const LINES_SHOWN = 15;

/** A temporary directory and the agents that run in it; both end with the test. */
export class Rig {
  readonly dir: string;
  readonly #running: (() => Promise<unknown>)[] = [];
  #runs = 0;

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "muster-e2e-"));
  }

  get dataDir(): string {
    return join(this.dir, "data");
  }

  /** Writes a file below the directory, and gives its path. */
  file(name: string, content: unknown): string {
    const path = join(this.dir, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  /** A server that leads, on the data directory of this rig. `wrapper` are words before the executable. */
  async server(flags: readonly string[] = [], wrapper: readonly string[] = []): Promise<Agent> {
    return await this.#start(["-server", "-bootstrap", `-data-dir=${this.dataDir}`, ...flags], wrapper);
  }

  /** A leader that keeps nothing. */
  async dev(flags: readonly string[] = []): Promise<Agent> {
    return await this.#start(["-dev", ...flags], []);
  }

  async #start(flags: readonly string[], wrapper: readonly string[]): Promise<Agent> {
    const cwd = this.#runDir();
    const agent = await startAgent(cwd, flags, { words: [...wrapper, EXECUTABLE, "agent"], cwd });
    this.#running.push(() => agent.stop("SIGKILL"));
    return agent;
  }

  /** `agent` with free ports, of which `ports` (in the file's words) replace some; nothing is awaited. */
  async launch(
    flags: readonly string[],
    { ports = {}, env = {}, words = [EXECUTABLE] }: LaunchOptions = {},
  ): Promise<Launched> {
    const cwd = this.#runDir();
    const free = await freePorts(PORT_NAMES.length);
    const all = { ...Object.fromEntries(PORT_NAMES.map((name, at) => [name, free[at]])), ...ports };
    const file = join(cwd, "ports.json");
    writeFileSync(file, JSON.stringify({ ports: all }));
    const log = join(cwd, "agent.log");
    const logFd = openSync(log, "a");
    const child = Bun.spawn([...words, "agent", "-bind=127.0.0.1", `-config-file=${file}`, ...flags], {
      cwd,
      env: { ...environment(cwd), ...env },
      stdin: "ignore",
      stdout: logFd,
      stderr: logFd,
    });
    closeSync(logFd);
    const output = () => Bun.file(log).text();
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    this.#running.push(() => {
      if (!hasEnded()) child.kill("SIGKILL");
      return child.exited;
    });
    return {
      pid: child.pid,
      ports: all as Record<PortName, number>,
      output,
      kill: (signal) => child.kill(signal),
      async ended() {
        await until(async () => hasEnded(), `the end of the agent:\n${await output()}`, END_MS_MAX);
        return child.exited;
      },
      async says(text) {
        await until(async () => {
          if ((await output()).includes(text)) return true;
          if (hasEnded()) throw new Error(`it ended without saying ${text}:\n${await output()}`);
          return false;
        }, `the words ${text}`);
      },
    };
  }

  #runDir(): string {
    const dir = join(this.dir, `run-${this.#runs++}`);
    mkdirSync(dir);
    return dir;
  }

  /** What the agent that was started last wrote at the end. */
  async lastWords(): Promise<string> {
    const log = Bun.file(join(this.dir, `run-${this.#runs - 1}`, "agent.log"));
    const lines = (await log.exists()) ? (await log.text()).split("\n") : [];
    return `${lines.slice(-LINES_SHOWN).join("\n")}\n`;
  }

  async close(): Promise<void> {
    for (const end of this.#running) await end();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface LaunchOptions {
  readonly ports?: Partial<Record<PortName | "https" | "grpc", number>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly words?: readonly string[];
}

/** Runs `body` with a rig of its own. */
export async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = new Rig();
  try {
    await body(rig);
  } catch (error) {
    process.stderr.write(await rig.lastWords());
    throw error;
  } finally {
    await rig.close();
  }
}
