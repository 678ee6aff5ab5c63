import os from "node:os";
import type { Agent } from "../agent/agent.ts";
import type { Config } from "../config/config.ts";
import { errorList } from "../config/error.ts";
import type { AgentMember, NodeDeps, TelemetryDeps } from "../http/agent-deps.ts";
import { Refusal } from "../lib/refusal.ts";
import { machineInterfaces } from "../platform/config-files.ts";
import { hostInfo } from "../platform/host.ts";
import { visibleMembers } from "../server/members.ts";
import type { Core } from "./core.ts";
import type { NodeHost } from "./host.ts";
import { isOwnAddress } from "./own-address.ts";
import { agentMember, agentSelf } from "./self.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the routes about this node and its cluster need. Without gossip the members are the servers. */
export function nodeApi(parts: { core: Core; agent: Agent; host: NodeHost; config: () => Config }): NodeDeps["node"] {
  const { core, agent, host, config } = parts;
  const members = () => visibleMembers(core.members());
  return {
    self: () =>
      agentSelf({
        config: config(),
        nodeId: core.nodeId,
        raft: core.raft.status(),
        agentStats: agent.stats(),
        members: members(),
        runtime: runtimeStats(),
      }),
    host: () => hostInfo(config().dataDir || os.tmpdir()),
    members: (wan) =>
      members()
        .map((member) => agentMember(member, config()))
        .map((member) => (wan ? wanMember(member, config()) : member)),
    async join(address, wan) {
      if (isOwnAddress(address, wan, config(), machineInterfaces())) return;
      try {
        await core.join(address);
      } catch (error) {
        throw new Refusal(errorList([`Failed to join ${address}: ${(error as Error).message}`]));
      }
    },
    leave: () => {
      host.onLeave();
      return Promise.resolve();
    },
    async forceLeave(node) {
      const found = members().find(({ name }) => name === node);
      if (found === undefined) throw new Refusal(`agent: No node found with name '${node}'`);
      // As in Consul: who is alive stays.
      if (!found.isAlive) await core.forwarder.run("raft.leave", { id: found.nodeId, node });
    },
    reload: () =>
      host.onReload().catch((error: unknown) => {
        throw new Refusal(error instanceof Error ? error.message : String(error));
      }),
  };
}

/** The same server as the pool of all datacenters' servers shows it: by its full name, and its port is that pool's. */
function wanMember(member: AgentMember, { datacenter, ports }: Config): AgentMember {
  const { wan_join_port: _, ...Tags } = member.Tags;
  return { ...member, Name: `${member.Name}.${datacenter}`, Port: ports.serfWan ?? -1, Tags };
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
