import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../support/e2e/agent.ts";

const WAIT_MS = 30_000;
const END_MS_MAX = 15_000;
const KEY = Buffer.alloc(16, 7).toString("base64");
/** Consul's access control is on, and lets pass who shows no token. */
export const MANAGEMENT = "11111111-2222-3333-4444-555555555555";

/** One host of the page about moving: what it calls by its usual path is in a folder of its own. */
export class Host {
  readonly dir: string;
  readonly address: string;
  readonly #bin: string;
  #agent: Bun.Subprocess | undefined;
  #starts = 0;

  readonly #name: string;

  constructor(root: string, name: string, address: string) {
    this.dir = join(root, name);
    this.address = address;
    this.#name = name;
    this.#bin = join(root, "bin");
  }

  /** Writes Consul's configuration of this host, and the services in it. */
  configure(config: object, services: readonly object[]): void {
    mkdirSync(join(this.dir, "etc"), { recursive: true });
    const usual = {
      ...{ datacenter: "dc1", node_name: this.#name, bind_addr: this.address, client_addr: this.address },
      ...{ data_dir: join(this.dir, "opt"), connect: { enabled: true }, ui: true, disable_update_check: true },
      ...{ node_meta: { rack: `of-${this.#name}` }, performance: { raft_multiplier: 1 }, retry_interval: "1s" },
      encrypt: KEY,
    };
    writeFileSync(join(this.dir, "etc", "agent.json"), JSON.stringify({ ...usual, ...config }));
    writeFileSync(join(this.dir, "etc", "services.json"), JSON.stringify({ services }));
  }

  /** The file of the configuration with what is about access control. */
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
