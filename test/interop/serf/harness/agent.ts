import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "../../../../src/gossip/messages.ts";
import { nextAddress, PORT, RPC_PORT, until } from "./world.ts";

/** Debian's `serf`; `SERF_BIN` names one that lies elsewhere. */
const SERF = process.env.SERF_BIN ?? Bun.which("serf");
const COMMAND_MS_MAX = 40_000;

/** Why these tests can't run here; "" when they can. It goes into the titles of what is skipped. */
export const WHY_NOT = SERF === null || !existsSync(SERF) ? "not run: there is no serf here; apt-get install serf" : "";

/** What `serf members -format=json` says of one. */
export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly status: "alive" | "leaving" | "left" | "failed";
  readonly tags: Readonly<Record<string, string>>;
}

export interface SerfOptions {
  readonly key?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Where an agent was before; its RPC port stays. */
  readonly at?: Endpoint;
}

interface Run {
  readonly code: number;
  readonly output: string;
}

/** A real serf agent with a folder of its own. */
export class SerfAgent {
  readonly name: string;
  readonly at: Endpoint;
  readonly #dir: string;
  readonly #child: Bun.Subprocess;

  private constructor(name: string, at: Endpoint, dir: string, child: Bun.Subprocess) {
    this.name = name;
    this.at = at;
    this.#dir = dir;
    this.#child = child;
  }

  /** Starts one and waits until it answers. */
  static async start(name: string, { key, tags = {}, at }: SerfOptions = {}): Promise<SerfAgent> {
    const own = at ?? { address: nextAddress(), port: PORT };
    const dir = mkdtempSync(join(tmpdir(), "muster-serf-"));
    const handler = join(dir, "handler.sh");
    writeFileSync(handler, HANDLER);
    chmodSync(handler, 0o755);
    const log = openSync(join(dir, "agent.log"), "a");
    const child = Bun.spawn(
      [
        SERF ?? "serf",
        "agent",
        `-node=${name}`,
        `-bind=${own.address}:${own.port}`,
        `-rpc-addr=${own.address}:${RPC_PORT}`,
        `-event-handler=${handler} ${dir}`,
        "-log-level=debug",
        ...(key === undefined ? [] : [`-encrypt=${key}`]),
        ...Object.entries(tags).map(([tag, value]) => `-tag=${tag}=${value}`),
      ],
      { cwd: dir, stdin: "ignore", stdout: log, stderr: log },
    );
    closeSync(log);
    const agent = new SerfAgent(name, own, dir, child);
    try {
      await until(`${name} answers`, async () => {
        if (child.exitCode !== null) throw new Error(`serf ended with code ${child.exitCode}`);
        return (await agent.run("members")).code === 0;
      });
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${agent.log()}`);
    }
    return agent;
  }

  /** A command of the command line, at this agent. */
  async run(command: string, ...args: string[]): Promise<Run> {
    const words = [SERF ?? "serf", command, `-rpc-addr=${this.at.address}:${RPC_PORT}`, ...args];
    const child = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: COMMAND_MS_MAX });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, output: out + err };
  }

  async members(): Promise<readonly SerfMember[]> {
    const { code, output } = await this.run("members", "-format=json");
    return code === 0 ? (JSON.parse(output) as { members: SerfMember[] }).members : [];
  }

  async statusOf(name: string): Promise<SerfMember["status"] | undefined> {
    return (await this.members()).find((member) => member.name === name)?.status;
  }

  /** Lines `user NAME PAYLOAD`, `query NAME PAYLOAD`, `member-join NAME` of what its handler was told. */
  heard(): readonly string[] {
    const path = join(this.#dir, "heard");
    return existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  }

  log(): string {
    return readFileSync(join(this.#dir, "agent.log"), "utf8");
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.#child.exited;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Its payload comes on standard input; what it prints answers a query. */
const HANDLER = `#!/bin/sh
payload=$(cat)
case $SERF_EVENT in
  user) echo "user $SERF_USER_EVENT $payload" >> "$1/heard" ;;
  query) echo "query $SERF_QUERY_NAME $payload" >> "$1/heard"; printf '%s heard %s' "$SERF_SELF_NAME" "$payload" ;;
  *) echo "$payload" | cut -f1 | sed "s/^/$SERF_EVENT /" >> "$1/heard" ;;
esac
`;
