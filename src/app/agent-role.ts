import { Agent } from "../agent/agent.ts";
import type { FileDefinitions } from "../agent/local/file-definitions.ts";
import type { NodeIdentity } from "../agent/sync/catalog-client.ts";
import { watchDeregistrations } from "../agent/sync/deregistration-watch.ts";
import { agentServiceTopic } from "../agent/topics.ts";
import type { Config } from "../config/config.ts";
import { NO_SECRET } from "../lib/secret.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../model/definition.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { DiskFileStore, MemoryFileStore } from "../platform/file-store.ts";
import { NodeHttpProber } from "../platform/http-prober.ts";
import { BunProcessRunner } from "../platform/process.ts";
import { systemRandom as random } from "../platform/random.ts";
import { NodeSocketProber } from "../platform/socket-prober.ts";
import { checkCredentials } from "./check-credentials.ts";
import type { NodeHost } from "./host.ts";
import type { Role } from "./role.ts";
import type { Telemetry } from "./telemetry.ts";

/** The agent's role on this node: its services and checks, and the catalog that they go to. */
export interface AgentRole {
  readonly agent: Agent;
  /**
   * Takes the settings and files that may change while running. Rejects for a bad definition or an unreadable
   * certificate; what was in force stays then.
   */
  reload(next: Config): Promise<void>;
}

/** Makes the agent; it has nothing and does nothing before its `start`. `config` gives the settings in force. */
export function agentRole(
  config: () => Config,
  role: Pick<Role, "nodeId" | "catalog" | "pools" | "publisher" | "serviceConfigs">,
  telemetry: Telemetry,
  host: NodeHost,
): AgentRole {
  const first = config();
  let credentials = checkCredentials(first);
  const shown = () => credentials;
  const agent = new Agent({
    clock,
    random,
    log: telemetry.hub.logger("agent"),
    files: first.dev ? new MemoryFileStore() : new DiskFileStore(first.dataDir),
    catalog: role.catalog,
    identity: () => identityOf(config(), role.nodeId),
    agentToken: () => NO_SECRET,
    clusterSize: () => role.pools.lan.members().length,
    processes: new BunProcessRunner(),
    http: new NodeHttpProber(shown),
    sockets: new NodeSocketProber(shown),
    loadHttp2: async () => new (await import("../platform/http2-prober.ts")).NodeHttp2Prober(shown),
    dockerHost: host.env.DOCKER_HOST ?? "",
    sidecarPorts: { min: first.ports.sidecarMinPort, max: first.ports.sidecarMaxPort },
    scripts: {
      local: first.enableLocalScriptChecks || first.enableScriptChecks,
      remote: first.enableScriptChecks,
    },
    checkOutputBytesMax: first.checkOutputMaxSize,
    settings: agentSettings(first),
    definitions: definitionsOf(first),
    ...(first.enableCentralServiceConfig ? { serviceConfigs: role.serviceConfigs } : {}),
    onServiceChange: (id) => role.publisher.publish(new Set([agentServiceTopic(id)]), 0),
  });
  watchDeregistrations(role.publisher, role.nodeId, () => agent.syncer.fullSync());
  return {
    agent,
    async reload(next) {
      const nextCredentials = checkCredentials(next);
      const definitions = definitionsOf(next);
      await agent.reload(definitions, agentSettings(next));
      credentials = nextCredentials;
    },
  };
}

function identityOf(config: Config, nodeId: string): NodeIdentity {
  return {
    datacenter: config.datacenter,
    id: nodeId,
    name: config.nodeName,
    address: config.advertiseAddr,
    taggedAddresses: config.taggedAddresses,
    meta: { ...config.nodeMeta, "consul-network-segment": "" },
  };
}

const agentSettings = (config: Config) => ({
  checkUpdateIntervalMs: config.checkUpdateIntervalMs,
  discardCheckOutput: config.discardCheckOutput,
});

const definitionsOf = (config: Config): FileDefinitions => ({
  services: config.services.map(decodeServiceDefinition),
  checks: config.checks.map(decodeCheckDefinition),
});
