import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, until } from "../../../support/e2e/agent.ts";
import type { Place } from "./network.ts";
import type { Registry } from "./registry.ts";
import { type Endpoint, type Exchange, exchange, isAnswer } from "./request.ts";

const ASK_MS_MAX = 2_000;
const END_MS_MAX = 20_000;

/** How a server is started; the next start may say something else. */
export interface MemberOptions {
  /** Words between those of the place and the program. */
  readonly wrapper?: readonly string[];
  /** Keys of the configuration file beside the usual ones. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
}

export type MemberRole = "server" | "client";

/** One agent of a cluster: a folder that stays, and at most one process. */
export class Member {
  readonly name: string;
  readonly role: MemberRole;
  readonly dir: string;
  readonly dataDir: string;
  readonly #registry: Registry;
  #place: Place;
  #child: Bun.Subprocess | undefined;
  #runs = 0;
  #isPaused = false;

  constructor(registry: Registry, name: string, dir: string, place: Place, role: MemberRole = "server") {
    this.#registry = registry;
    this.name = name;
    this.role = role;
    this.dir = dir;
    this.dataDir = join(dir, "data");
    this.#place = place;
    mkdirSync(dir, { recursive: true });
  }

  get place(): Place {
    return this.#place;
  }

  get endpoint(): Endpoint {
    return this.#place.http(this.dir).endpoint;
  }

  /** Another for each start. */
  get run(): string {
    return `${this.name}#${this.#runs}`;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** It runs, and may answer. */
  get isUp(): boolean {
    return this.isRunning && !this.#isPaused;
  }

  /** Of the server itself, also when a wrapper started it. */
  get pid(): number {
    if (this.#child === undefined) throw new Error(`${this.name} was not started`);
    let pid = this.#child.pid;
    while (readFileSync(`/proc/${pid}/comm`, "latin1").trim() === "strace") {
      pid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ")[0]);
    }
    return pid;
  }

  /** Starts the process; nothing is awaited. */
  start(join_: readonly string[], { wrapper = [], config = {}, flags = [] }: MemberOptions = {}): void {
    if (this.isRunning) throw new Error(`${this.name} runs`);
    this.#runs++;
    this.#isPaused = false;
    const http = this.#place.http(this.dir);
    const file = join(this.dir, "agent.json");
    writeFileSync(file, JSON.stringify({ ...http.config, ...config }));
    const log = openSync(join(this.dir, "agent.log"), "a");
    const role = this.role === "server" ? ["-server"] : [];
    const words = [this.#registry.binary, "agent", ...role, `-node=${this.name}`, `-data-dir=${this.dataDir}`];
    const address = [`-bind=${this.#place.address}`, `-config-file=${file}`];
    const others = join_.map((each) => `-retry-join=${each}`);
    this.#child = Bun.spawn([...this.#place.wrapper, ...wrapper, ...words, ...address, ...others, ...flags], {
      cwd: this.dir,
      env: environment(this.dir),
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    closeSync(log);
  }

  /** Its next start is there. */
  moveTo(place: Place): void {
    if (this.isRunning) throw new Error(`${this.name} runs`);
    this.#place = place;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(this.pid, signal);
  }

  /** SIGSTOP: alive for everybody's sockets, and silent. */
  pause(): void {
    this.#isPaused = true;
    this.signal("SIGSTOP");
  }

  resume(): void {
    this.signal("SIGCONT");
    this.#isPaused = false;
  }

  /** Ends it; the exit code. */
  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<number> {
    if (this.isRunning) {
      this.signal(signal);
      if (this.#isPaused) this.signal("SIGCONT");
    }
    return await this.ended();
  }

  /** Waits for its end; the exit code. */
  async ended(): Promise<number> {
    await until(async () => !this.isRunning, `the end of ${this.name}`, END_MS_MAX);
    return this.#child === undefined ? 0 : await this.#child.exited;
  }

  async ask(method: string, path: string, body?: unknown, msMax = ASK_MS_MAX): Promise<Exchange> {
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    return await exchange(this.endpoint, method, path, { msMax, ...(text === undefined ? {} : { body: text }) });
  }

  /** The JSON of a 200 answer, or undefined when there is none. */
  async read<T>(path: string): Promise<T | undefined> {
    const answer = await this.ask("GET", path);
    return isAnswer(answer) && answer.status === 200 ? (JSON.parse(answer.text) as T) : undefined;
  }

  output(): string {
    return readFileSync(join(this.dir, "agent.log"), "utf8");
  }
}
