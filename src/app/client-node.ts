import { mkdirSync } from "node:fs";
import { ServiceConfigsOfServers } from "../agent/central-config/from-servers.ts";
import type { Config } from "../config/config.ts";
import { createHttpApp } from "../http/app.ts";
import { routes } from "../http/table.ts";
import { Refusal } from "../lib/refusal.ts";
import { parseServer } from "../model/member-tags.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { measureRuntime } from "../platform/metrics/runtime.ts";
import { nodeIdIn } from "../platform/node-id.ts";
import { systemRandom as random } from "../platform/random.ts";
import { Publisher } from "../state/publisher.ts";
import { type Calling, makeCalling } from "./calling.ts";
import { remoteDns } from "./dns-remote.ts";
import { openAll } from "./open-parts.ts";
import { openPools, type Pools } from "./pools.ts";
import { remoteServers } from "./remote-catalog.ts";
import type { Role, RoleParts } from "./role.ts";

/** Datacenters come and go seldom. */
const DATACENTERS_MS = 60_000;
const DATACENTERS_RETRY_MS = 2_000;

/** A node that is a client: it has no state, and all that is not about itself is answered by a server. */
export function startClient({ config, telemetry, onLan }: RoleParts): Promise<Role> {
  return openAll(async (parts) => {
    const first = config();
    const { datacenter, nodeName } = first;
    if (!first.dev) mkdirSync(first.dataDir, { recursive: true, mode: 0o755 });
    const nodeId = nodeIdIn(first.dev ? undefined : first.dataDir, first.nodeId, random.uuid);
    const publisher = new Publisher();
    let pools: Pools | undefined;
    let dns: ReturnType<typeof dnsOf> | undefined;
    let configs: ServiceConfigsOfServers | undefined;
    const calling = makeCalling({ config, nodeId, telemetry, clusterSize: () => pools?.lan.members().length ?? 1 });
    parts.add(() => calling.close());
    const lanPools = await openPools({
      ...{ config: first, nodeId, telemetry },
      onLan(event) {
        if (pools !== undefined && event.kind !== "user" && event.kind !== "query") calling.know(pools.lan);
        if (event.kind === "join") {
          dns?.retry();
          if (parseServer(event.member.tags) !== undefined) configs?.retry();
        }
        onLan(event);
      },
      onWan: () => undefined,
    });
    pools = lanPools;
    parts.add(() => lanPools.close());
    calling.know(lanPools.lan);
    const serviceConfigs = new ServiceConfigsOfServers({
      get: (path, signal) => calling.ask(datacenter, path, { signal }),
      ...{ clock, random },
    });
    configs = serviceConfigs;
    parts.add(() => serviceConfigs.close());
    const { catalog, sendCoordinate, owners } = remoteServers(calling.router, datacenter);
    const ownDns = dnsOf(first, calling, owners);
    dns = ownDns;
    parts.add(() => ownDns.close());
    return {
      ...{ nodeId, pools: lanPools, publisher, catalog, serviceConfigs },
      dns: ownDns.source,
      keyring: { order: notHere, orderHere: notHere },
      sendCoordinate: (Coord) => sendCoordinate({ Node: nodeName, Segment: "", Coord }),
      createHttp: (local, settings) =>
        createHttpApp(
          routes,
          {
            ...{ clock, random: random.float, publisher, settings, consensus: undefined, elsewhere: calling.elsewhere },
            log: telemetry.hub.logger("agent.http"),
            meter: telemetry.meter,
          },
          local,
        ),
      stats: () => ({ consul: clientStats(calling, datacenter) }),
      measure: () => measureRuntime(telemetry.meter),
      endWaiting: () => publisher.close(),
      leave: () => lanPools.leave(),
      stop: () => parts.close(),
    };
  });
}

/** Consul's. */
const notHere = () => Promise.reject(new Refusal("keyring operations must run against a server node"));

function clientStats({ router }: Calling, datacenter: string): Record<string, string> {
  return { acl: "disabled", known_servers: String(router.servers(datacenter).length), server: "false" };
}

function dnsOf(config: Config, calling: Calling, owners: Parameters<typeof remoteDns>[0]["owners"]) {
  const { datacenter, dnsConfig } = config;
  // Servers of the own datacenter know the way to the others.
  const get = (asked: string, path: string, signal: AbortSignal, headers?: Readonly<Record<string, string>>) =>
    calling.ask(datacenter, asked === datacenter ? path : `${path}&dc=${encodeURIComponent(asked)}`, {
      signal,
      ...(headers === undefined ? {} : { headers }),
    });
  const remote = remoteDns({ get, owners, datacenter, maxStaleMs: dnsConfig.maxStaleMs, clock });
  const known = knownDatacenters(calling, datacenter);
  return {
    source: { datacenters: () => known.names, state: undefined, remote },
    retry: () => remote.retry(),
    close() {
      known.stop();
      remote.close();
    },
  };
}

/** Asks the servers for the names now and then, since a name in a question must be judged at once. */
function knownDatacenters({ ask }: Calling, own: string): { readonly names: readonly string[]; stop(): void } {
  const controller = new AbortController();
  const found = { names: [own] as readonly string[], stop: () => controller.abort() };
  const look = async () => {
    let againMs = DATACENTERS_MS;
    try {
      const { status, body } = await ask(own, "/v1/catalog/datacenters", { signal: controller.signal });
      if (status === 200) found.names = JSON.parse(body) as string[];
    } catch {
      // No server is known yet, or none can be reached.
      againMs = DATACENTERS_RETRY_MS;
    }
    if (!controller.signal.aborted) clock.after(againMs, () => void look());
  };
  void look();
  return found;
}
