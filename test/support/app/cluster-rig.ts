import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Core, startCore } from "../../../src/app/core.ts";
import { type Joining, makeJoining } from "../../../src/app/joining.ts";
import { startTelemetry } from "../../../src/app/telemetry.ts";
import type { AutopilotConfiguration } from "../../../src/model/autopilot.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { configOf } from "../../unit/config/fixture.ts";

const WAIT_MS_MAX = 20_000;
const LOOK_MS = 20;

/** Server cores of one process, each with its own folder and loopback address, over real sockets. */
export class ClusterRig {
  readonly dir = mkdtempSync(join(tmpdir(), "cores-"));
  readonly running = new Map<string, Core>();
  /** What each of them logged. */
  readonly logs = new Map<string, string[]>();
  readonly fatal: string[] = [];
  readonly #joinings = new Map<Core, Joining>();
  /** Others may test at the same time. */
  readonly #network = 10 + Math.floor(Math.random() * 200);
  readonly #net2 = Math.floor(Math.random() * 250);

  address(host: number): string {
    return `127.${this.#network}.${this.#net2}.${host}`;
  }

  dataDir(name: string): string {
    return join(this.dir, name);
  }

  /** Starts `name` on the address of `host`; it asks those of `join`. */
  async start(name: string, host: number, join_: readonly number[], more = ""): Promise<Core> {
    const text = `server = true bind_addr = "${this.address(host)}" node_name = "${name}"
      retry_join = ${JSON.stringify(join_.map((each) => this.address(each)))}
      performance { raft_multiplier = 1, rpc_hold_timeout = "10s" } ${more}`;
    const config = { ...configOf(text), dataDir: this.dataDir(name) };
    const lines = this.logs.get(name) ?? [];
    this.logs.set(name, lines);
    const telemetry = startTelemetry(config, { write: (line) => void lines.push(line) }, systemClock, name);
    const onFatal = (reason: string) => void this.fatal.push(`${name}: ${reason}`);
    const askOther = () => Promise.reject(new Error("there is no other datacenter"));
    const outside = { onLan: () => undefined, onWan: () => undefined, askOther };
    const core = await startCore(() => config, telemetry, outside, onFatal);
    const joining = makeJoining(config, core.pools, telemetry, onFatal);
    this.#joinings.set(core, joining);
    await joining.start();
    this.running.set(name, core);
    return core;
  }

  async stop(name: string): Promise<void> {
    const core = this.running.get(name);
    this.running.delete(name);
    if (core === undefined) return;
    this.#joinings.get(core)?.stop();
    await core.stop();
  }

  /** Waits until one leads and all that run name it. */
  async leader(): Promise<Core> {
    let found: Core | undefined;
    await this.until("one leader", () => {
      const all = [...this.running.values()];
      found = all.find(({ raft }) => raft.isLeader);
      return found !== undefined && all.every(({ raft }) => raft.leaderId === found?.nodeId);
    });
    return found as Core;
  }

  /** Any that runs and does not lead. */
  async follower(): Promise<Core> {
    const leader = await this.leader();
    const found = [...this.running.values()].find((core) => core !== leader);
    if (found === undefined) throw new Error("there is no follower");
    return found;
  }

  /** Changes what autopilot goes by. */
  async operator({ operator }: Core, change: Partial<AutopilotConfiguration>): Promise<void> {
    const { CreateIndex: _c, ModifyIndex: _m, ...before } = operator.autopilotConfiguration();
    await operator.setAutopilotConfiguration({ ...before, ...change }, undefined);
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = performance.now() + WAIT_MS_MAX;
    while (!(await condition())) {
      if (performance.now() > endMs) throw new Error(`waited for ${what}\n${this.#lastLines()}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #lastLines(): string {
    return [...this.logs].map(([name, lines]) => `${name}:\n${lines.slice(-12).join("\n")}`).join("\n");
  }

  async close(): Promise<void> {
    await Promise.all([...this.running.keys()].map((name) => this.stop(name)));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
