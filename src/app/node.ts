import { UserEvents } from "../agent/user-events.ts";
import type { Config } from "../config/config.ts";
import { applyReloadable } from "../config/reload.ts";
import { type DnsServer, startDns } from "../dns/server.ts";
import type { DnsRemote } from "../dns/source.ts";
import { createHttpApp, type HttpApp } from "../http/app.ts";
import type { HttpDeps } from "../http/deps.ts";
import { routes } from "../http/table.ts";
import { Refusal } from "../lib/refusal.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { releaseMemoryWhenQuiet } from "../platform/memory-release.ts";
import { systemRandom as random } from "../platform/random.ts";
import { tcp } from "../platform/tcp-server.ts";
import { udp } from "../platform/udp.ts";
import { type AgentRole, agentRole } from "./agent-role.ts";
import { createApi } from "./api.ts";
import { type Core, consensusOf, startCore } from "./core.ts";
import { dnsState } from "./dns-state.ts";
import { measureGauges, measureRegularly } from "./gauges.ts";
import type { NodeHost } from "./host.ts";
import { listenAll } from "./listeners.ts";
import { type OpenParts, openAll } from "./open-parts.ts";
import { dnsSettings, httpSettings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

/** As long as Consul's: streams end only so, and everything that was asked and can be answered is answered by then. */
const STOP_GRACE_MS = 1000;

/** One running agent of the server role. */
export interface RunningNode {
  readonly nodeId: string;
  /**
   * Takes the settings that may change while running, and leaves the others as they are. Rejects for a bad definition
   * of a service or check.
   */
  reload(config: Config): Promise<void>;
  /** Takes this server out of its cluster, if others go on. Rejects when they could not be told. */
  leave(): Promise<void>;
  /** Answers what is under way, stops edges and checks, and closes the files. */
  stop(): Promise<void>;
}

/**
 * Starts everything, in the order in which it may be asked for: what the disk and the files say is registered before
 * the first request or query is taken. When a part can't start, those before it are closed again and it rejects.
 */
export function startNode(first: Config, telemetry: Telemetry, host: NodeHost): Promise<RunningNode> {
  return openAll((parts) => start(first, telemetry, host, parts));
}

async function start(first: Config, telemetry: Telemetry, host: NodeHost, parts: OpenParts): Promise<RunningNode> {
  let config = first;
  const current = () => config;
  const core = await startCore(current, telemetry, host.onFatal);
  parts.add(() => core.stop());
  if (telemetry.isPushed) parts.add(measureRegularly(() => measureGauges(core, telemetry.meter), clock));
  const role = agentRole(current, core, telemetry, host);
  parts.add(() => role.agent.stop());
  await role.agent.start();
  let settings = httpSettings(first);
  const app = httpEdge(current, () => settings, core, role, telemetry, host);
  const dns = await dnsEdge(first, core, telemetry);
  parts.add(() => dns?.close());
  const listeners = listenAll(first, app);
  parts.add(async () => {
    // Nobody waits any more for what will not come.
    core.publisher.close();
    core.hold.close();
    await Promise.all(listeners.map((listener) => listener.close(STOP_GRACE_MS)));
  });
  parts.add(releaseMemoryWhenQuiet(clock));
  return {
    nodeId: core.nodeId,
    async reload(wanted) {
      const before = config;
      config = applyReloadable(before, wanted);
      try {
        await role.reload(config);
      } catch (error) {
        config = before;
        throw error;
      }
      settings = httpSettings(config);
      dns?.reconfigure(dnsSettings(config));
    },
    leave() {
      // What it has goes with it; it must not tell the catalog again.
      role.agent.stop();
      return core.leave();
    },
    stop: () => parts.close(),
  };
}

function httpEdge(
  config: () => Config,
  settings: HttpDeps["settings"],
  core: Core,
  { agent }: AgentRole,
  telemetry: Telemetry,
  host: NodeHost,
): HttpApp {
  const events = new UserEvents({
    target: {
      nodeName: () => config().nodeName,
      services: () => agent.services().map(({ service }) => ({ name: service.Service, tags: service.Tags ?? [] })),
    },
    publisher: core.publisher,
    uuid: random.uuid,
  });
  return createHttpApp(
    routes,
    {
      clock,
      random: random.float,
      log: telemetry.hub.logger("agent.http"),
      meter: telemetry.meter,
      publisher: core.publisher,
      consensus: consensusOf(core, () => config().performance.rpcHoldTimeoutMs),
      settings,
    },
    createApi({ core, agent, events, telemetry, host, config }),
  );
}

const unreachable = () => Promise.reject(new Refusal("No path to datacenter"));
const nowhere: DnsRemote = {
  node: unreachable,
  serviceInstances: unreachable,
  byAddress: unreachable,
  servers: () => Promise.resolve([]),
  executeQuery: () => Promise.resolve(undefined),
};

async function dnsEdge(config: Config, core: Core, { hub, meter }: Telemetry): Promise<DnsServer | undefined> {
  const { port, addresses } = { port: config.ports.dns, addresses: config.addresses.dns };
  if (port === null) return undefined;
  const listen = addresses.map((address) => ({ address, port }));
  return startDns({
    listen,
    nodeName: config.nodeName,
    source: { datacenters: () => [config.datacenter], state: dnsState(core.db, core.publisher), remote: nowhere },
    config: dnsSettings(config),
    clock,
    random,
    log: hub.logger("agent.dns"),
    meter,
    udp,
    tcp,
  }).catch((error: unknown) => {
    const names = addresses.map((address) => joinHostPort(address, port)).join(", ");
    throw new Error(`Failed to listen for DNS on ${names}: ${error instanceof Error ? error.message : String(error)}`);
  });
}
