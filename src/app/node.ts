import { Agent } from "../agent/agent.ts";
import type { NodeIdentity } from "../agent/sync/catalog-client.ts";
import { agentServiceTopic } from "../agent/topics.ts";
import { UserEvents } from "../agent/user-events.ts";
import type { Config } from "../config/config.ts";
import { type DnsServer, startDns } from "../dns/server.ts";
import { createHttpApp } from "../http/app.ts";
import { routes } from "../http/table.ts";
import { NO_SECRET } from "../lib/secret.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../model/definition.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { DiskFileStore, MemoryFileStore } from "../platform/file-store.ts";
import { NodeHttpProber } from "../platform/http-prober.ts";
import { BunProcessRunner } from "../platform/process.ts";
import { systemRandom as random } from "../platform/random.ts";
import { NodeSocketProber } from "../platform/socket-prober.ts";
import { tcp } from "../platform/tcp-server.ts";
import { udp } from "../platform/udp.ts";
import { createApi } from "./api.ts";
import { type Core, consensusOf, startCore } from "./core.ts";
import { stateDnsSource } from "./dns-source.ts";
import type { NodeHost } from "./host.ts";
import { listenAll } from "./listeners.ts";
import { localCatalog } from "./local-catalog.ts";
import { dnsSettings, httpSettings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

const STOP_GRACE_MS = 5000;

/** One running agent of the server role. */
export interface RunningNode {
  readonly nodeId: string;
  /** Takes the settings that may change while running. Rejects for a bad definition of a service or check. */
  reload(config: Config): Promise<void>;
  /** Answers what is under way, stops checks and edges, and closes the files. */
  stop(): Promise<void>;
}

/** Starts everything, in the order in which it may be asked for. Rejects when any part can't start. */
export async function startNode(first: Config, telemetry: Telemetry, host: NodeHost): Promise<RunningNode> {
  let config = first;
  const current = () => config;
  const core = await startCore(current, telemetry, host.onFatal);
  const agent = startAgent(config, core, telemetry, host);
  const events = new UserEvents({
    target: {
      nodeName: () => config.nodeName,
      services: () => agent.services().map(({ service }) => ({ name: service.Service, tags: service.Tags ?? [] })),
    },
    publisher: core.publisher,
    uuid: random.uuid,
  });
  const log = telemetry.hub.logger("agent.http");
  const api = createApi({ core, agent, events, telemetry, host, config: current });
  let settings = httpSettings(config);
  const app = createHttpApp(
    routes,
    {
      clock,
      random: random.float,
      log,
      meter: telemetry.meter,
      publisher: core.publisher,
      consensus: consensusOf(core.raft),
      settings: () => settings,
    },
    api,
  );
  const dns = await startDnsEdge(config, core, telemetry);
  const listeners = listenAll(config, app);
  await agent.start();
  return {
    nodeId: core.nodeId,
    async reload(next) {
      config = next;
      settings = httpSettings(next);
      dns?.reconfigure(dnsSettings(next));
      await agent.reload(definitionsOf(next), agentSettings(next));
    },
    async stop() {
      agent.stop();
      dns?.close();
      await Promise.all(listeners.map((listener) => listener.close(STOP_GRACE_MS)));
      await core.stop();
    },
  };
}

function startAgent(config: Config, core: Core, telemetry: Telemetry, host: NodeHost): Agent {
  return new Agent({
    clock,
    random,
    log: telemetry.hub.logger("agent"),
    files: config.dev ? new MemoryFileStore() : new DiskFileStore(config.dataDir),
    catalog: localCatalog(core.db, core.server.catalog),
    identity: () => identityOf(config, core.nodeId),
    agentToken: () => NO_SECRET,
    clusterSize: () => 1,
    processes: new BunProcessRunner(),
    http: new NodeHttpProber(),
    sockets: new NodeSocketProber(),
    loadHttp2: async () => new (await import("../platform/http2-prober.ts")).NodeHttp2Prober(),
    dockerHost: host.env.DOCKER_HOST ?? "",
    sidecarPorts: { min: config.ports.sidecarMinPort, max: config.ports.sidecarMaxPort },
    scripts: {
      local: config.enableLocalScriptChecks || config.enableScriptChecks,
      remote: config.enableScriptChecks,
    },
    checkOutputBytesMax: config.checkOutputMaxSize,
    settings: agentSettings(config),
    definitions: definitionsOf(config),
    onServiceChange: (id) => core.publisher.publish(new Set([agentServiceTopic(id)]), 0),
  });
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

const definitionsOf = (config: Config) => ({
  services: config.services.map(decodeServiceDefinition),
  checks: config.checks.map(decodeCheckDefinition),
});

async function startDnsEdge(config: Config, core: Core, { hub, meter }: Telemetry): Promise<DnsServer | undefined> {
  const { port, addresses } = { port: config.ports.dns, addresses: config.addresses.dns };
  if (port === null) return undefined;
  return startDns({
    listen: addresses.map((address) => ({ address, port })),
    nodeName: config.nodeName,
    source: stateDnsSource(core.db, core.publisher, config.datacenter),
    config: dnsSettings(config),
    clock,
    random,
    log: hub.logger("agent.dns"),
    meter,
    udp,
    tcp,
  });
}
