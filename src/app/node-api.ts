import os from "node:os";
import type { Agent } from "../agent/agent.ts";
import type { Config } from "../config/config.ts";
import { errorList } from "../config/error.ts";
import type { AgentMember, NodeDeps, TelemetryDeps } from "../http/agent-deps.ts";
import { Refusal } from "../lib/refusal.ts";
import { machineInterfaces } from "../platform/config-files.ts";
import { hostInfo } from "../platform/host.ts";
import type { Core } from "./core.ts";
import type { NodeHost } from "./host.ts";
import { isOwnAddress } from "./own-address.ts";
import { agentSelf, selfMember } from "./self.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the routes about this node and its cluster need. Without gossip the cluster is this node. */
export function nodeApi(
  parts: { core: Core; agent: Agent; host: NodeHost; config: () => Config },
  rpcAddress: string,
): NodeDeps["node"] {
  const { core, agent, host, config } = parts;
  const member = (): AgentMember => selfMember({ config: config(), nodeId: core.nodeId });
  return {
    self: () =>
      agentSelf({
        config: config(),
        nodeId: core.nodeId,
        raft: core.raft.status(),
        agentStats: agent.stats(),
        rpcAddress,
        runtime: runtimeStats(),
      }),
    host: () => hostInfo(config().dataDir || os.tmpdir()),
    members: (wan) => [wan ? wanMember(member(), config()) : member()],
    async join(address, wan) {
      if (isOwnAddress(address, wan, config(), machineInterfaces())) return;
      const why = `Failed to join ${address}: this version of Muster runs one server and has no gossip yet`;
      throw new Refusal(errorList([why]));
    },
    leave: () => {
      host.onLeave();
      return Promise.resolve();
    },
    forceLeave: (node) => Promise.reject(new Refusal(`agent: No node found with name '${node}'`)),
    reload: () =>
      host.onReload().catch((error: unknown) => {
        throw new Refusal(error instanceof Error ? error.message : String(error));
      }),
  };
}

/** The same server as the pool of all datacenters' servers shows it: by its full name, and its port is that pool's. */
function wanMember(member: AgentMember, { nodeName, datacenter, ports }: Config): AgentMember {
  const { wan_join_port: _, ...Tags } = member.Tags;
  return { ...member, Name: `${nodeName}.${datacenter}`, Port: ports.serfWan ?? -1, Tags };
}

/** What the agent says of itself while it runs; `measure` is called before anybody reads the metrics. */
export function telemetryApi({ hub, memory, prometheus }: Telemetry, measure: () => void): TelemetryDeps["telemetry"] {
  return {
    metrics() {
      measure();
      return memory.summary();
    },
    prometheus() {
      if (prometheus !== undefined) measure();
      return prometheus?.text();
    },
    subscribe: (level, json, onLine) => hub.subscribe(level, json, onLine),
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
