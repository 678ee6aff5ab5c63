import os from "node:os";
import type { Agent } from "../agent/agent.ts";
import { testReachability } from "../agent/reachability.ts";
import type { Config } from "../config/config.ts";
import { errorList } from "../config/error.ts";
import type { NodeDeps, ReachabilityDeps, TelemetryDeps } from "../http/agent-deps.ts";
import { pause } from "../lib/pause.ts";
import { Refusal } from "../lib/refusal.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { hostInfo } from "../platform/host.ts";
import { machineInterfaces } from "../platform/interfaces.ts";
import { INTERVAL_MS } from "../platform/metrics/in-memory.ts";
import type { NodeHost } from "./host.ts";
import { isOwnAddress } from "./own-address.ts";
import type { Pools } from "./pools.ts";
import type { Role } from "./role.ts";
import { agentMember, agentSelf } from "./self.ts";
import type { Telemetry } from "./telemetry.ts";

export interface NodeApiParts {
  role: Pick<Role, "nodeId" | "pools" | "stats">;
  agent: Agent;
  host: NodeHost;
  config: () => Config;
  /** Rejects with a text for the operator. */
  join(address: string, isWan: boolean): Promise<void>;
}

/** What the routes about this node and the pools that it is in need. */
export function nodeApi({ role, agent, host, config, join }: NodeApiParts): NodeDeps["node"] {
  const { lan, wan } = role.pools;
  return {
    self: () =>
      agentSelf({
        config: config(),
        nodeId: role.nodeId,
        pools: role.pools,
        agentStats: agent.stats(),
        roleStats: role.stats(),
        runtime: runtimeStats(),
      }),
    host: () => hostInfo(config().dataDir || os.tmpdir()),
    members: (isWan) => (isWan ? (wan?.members().map(agentMember) ?? null) : lan.members().map(agentMember)),
    async join(address, isWan) {
      if (isOwnAddress(address, isWan, config(), machineInterfaces())) return;
      try {
        await join(address, isWan);
      } catch (error) {
        // The pool lists each address that failed; what could not be resolved is one line.
        const { message } = error as Error;
        throw new Refusal(/^\d+ errors? occurred:/.test(message) ? message : errorList([message]));
      }
    },
    leave: () => {
      host.onLeave();
      return Promise.resolve();
    },
    async forceLeave(node, prune, isWan) {
      const isKnown = !isWan && lan.forceLeave(node, prune);
      // In the pool of all datacenters a server of this one has its datacenter behind its name.
      const names = isWan ? [node] : [`${node}.${config().datacenter}`];
      const isKnownInWan = names.some((name) => wan?.forceLeave(name, prune) ?? false);
      if (!isKnown && !isKnownInWan) throw new Refusal(`agent: No node found with name '${node}'`);
    },
    reload: () =>
      host.onReload().catch((error: unknown) => {
        throw new Refusal(error instanceof Error ? error.message : String(error));
      }),
  };
}

export function reachabilityApi({ lan, wan }: Pools): ReachabilityDeps["reachability"] {
  return {
    async test(isWan) {
      const pool = isWan ? wan : lan;
      if (pool === undefined) throw new Refusal("this agent is in no pool of all datacenters' servers");
      return testReachability(pool, clock);
    },
  };
}

/** What the agent says of itself while it runs; `measure` is called before anybody reads the metrics. */
export function telemetryApi({ hub, memory, prometheus }: Telemetry, measure: () => void): TelemetryDeps["telemetry"] {
  return {
    metrics() {
      measure();
      return memory.summary();
    },
    async nextMetrics(signal) {
      // A little later, so that it is over by the wall clock, too.
      await pause(clock, INTERVAL_MS - (clock.nowMs() % INTERVAL_MS) + 1, signal);
      return this.metrics();
    },
    prometheus() {
      if (prometheus !== undefined) measure();
      return prometheus?.text();
    },
    subscribe(level, json, onLine) {
      const unsubscribe = hub.subscribe(level, json, onLine);
      // The runtime sends headers with the first bytes of a body, and Consul's `debug` waits for them before anything else.
      hub.logger("agent.http").debug("log is monitored", { level });
      return unsubscribe;
    },
  };
}

/** The `runtime` figures of Consul, as far as they mean something here. */
function runtimeStats(): Record<string, string> {
  return {
    arch: process.arch === "x64" ? "amd64" : process.arch,
    cpu_count: String(os.cpus().length),
    goroutines: "1",
    max_procs: String(os.cpus().length),
    os: process.platform,
    version: `bun${Bun.version}`,
  };
}
