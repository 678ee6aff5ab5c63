import { Router } from "../agent/router/router.ts";
import type { Config } from "../config/config.ts";
import type { Pool } from "../gossip/types.ts";
import type { HttpSettings } from "../http/deps.ts";
import { Forwarding } from "../http/forwarding.ts";
import { type Coordinate, distanceS } from "../lib/coordinate.ts";
import { VERSION } from "../lib/version.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { systemRandom as random } from "../platform/random.ts";
import { tcp } from "../platform/tcp-server.ts";
import type { Logger } from "../ports/logger.ts";
import { Callers } from "../rpc/callers.ts";
import type { Answer } from "./dns-remote.ts";
import { ownRequest } from "./own-requests.ts";
import { datacentersOf, foreignDatacenters, type PoolServer, serversOf } from "./pool-servers.ts";
import { httpSettings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

const MS_PER_S = 1000;
const INDEX_HEADER = "x-consul-index";
/** Nobody's: requests of this agent itself have no host that is asked. */
const ORIGIN = "http://agent.invalid";

export interface CallingDeps {
  config: () => Config;
  nodeId: string;
  telemetry: Telemetry;
  /** Agents of the own datacenter. */
  clusterSize: () => number;
}

export type AskInit = Readonly<{
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer>;
  signal?: AbortSignal;
}>;

/** Calls of this node to servers that it has no other connection to: a client's to its own, a server's to other datacenters. */
export interface Calling {
  readonly router: Router;
  readonly elsewhere: Forwarding;
  /** Who the servers of a pool are now. */
  know(pool: Pool): void;
  /** A request to a server of a datacenter, as any client's. Rejects with a Refusal when none can be reached. */
  ask(datacenter: string, path: string, init: AskInit): Promise<Answer>;
  close(): Promise<void>;
}

export function makeCalling({ config, nodeId, telemetry, clusterSize }: CallingDeps): Calling {
  const first = config();
  const callers = new Callers({
    hello: () => ({
      nodeId,
      nodeName: first.nodeName,
      datacenter: first.datacenter,
      role: first.server ? "server" : "client",
      version: VERSION,
    }),
    logger: telemetry.hub.logger("agent.calls"),
    ...{ streams: tcp, clock, random, meter: telemetry.meter },
  });
  const router = new Router({
    datacenter: first.datacenter,
    holdMs: () => config().performance.rpcHoldTimeoutMs,
    ...{ callers, clock, random, clusterSize },
  });
  const settings = (): HttpSettings => httpSettings(config());
  const elsewhere = new Forwarding({ router, nodeName: () => first.nodeName, settings });
  /** Datacenters that had a server, as long as the pool remembers one of theirs. */
  const known = new Set<string>();
  const tellForeign = foreignTeller(first.datacenter, telemetry.hub.logger("agent"));
  return {
    router,
    elsewhere,
    know(pool) {
      const foreign = foreignDatacenters(pool.members());
      router.setForeign(foreign);
      tellForeign(foreign);
      const servers = serversOf(pool.members()).filter(({ nodeId: id }) => id !== nodeId);
      for (const { datacenter } of servers) known.add(datacenter);
      const present = datacentersOf(pool.members());
      for (const datacenter of known) {
        if (present.has(datacenter)) continue;
        known.delete(datacenter);
        router.forget(datacenter);
      }
      setServers(router, servers, known, pool);
    },
    async ask(datacenter, path, init) {
      const raw = new Request(ORIGIN + path, init);
      const { status, headers, body } = await elsewhere.forward(datacenter, {
        ...{ raw, address: "", forwarded: ownRequest(first.nodeName), onEnd: () => undefined },
      });
      return {
        status,
        index: Number(headerOf(headers, INDEX_HEADER) ?? 0),
        body: await new Response(body as Uint8Array<ArrayBuffer> | null).text(),
      };
    },
    async close() {
      router.close();
      await callers.close();
    },
  };
}

/** A datacenter that was known stays so without servers: that it can't be reached now is another thing than that there is none. */
function setServers(router: Router, servers: readonly PoolServer[], known: ReadonlySet<string>, pool: Pool): void {
  const byDatacenter = Map.groupBy(servers, ({ datacenter }) => datacenter);
  const own = pool.coordinate();
  for (const datacenter of known) {
    const list = byDatacenter.get(datacenter) ?? [];
    router.setServers(
      datacenter,
      list.map((server) => ({ ...server, distanceMs: distanceMs(own, pool.coordinateOf(server.name)) })),
    );
  }
}

function distanceMs(own: Coordinate, other: Coordinate | undefined): number | undefined {
  const seconds = distanceS(own, other);
  return Number.isFinite(seconds) ? seconds * MS_PER_S : undefined;
}

/** Says it once of each datacenter, until it has servers of this program. */
function foreignTeller(own: string, log: Logger): (datacenters: readonly string[]) => void {
  let told = new Set<string>();
  return (datacenters) => {
    for (const datacenter of datacenters.filter((name) => !told.has(name))) {
      if (datacenter === own) log.error(NOBODY_TO_ASK, { datacenter });
      else log.warn("requests can't be passed on to a datacenter, since its servers are Consul's", { datacenter });
    }
    told = new Set(datacenters);
  };
}

const NOBODY_TO_ASK =
  "this agent found no server that it can talk to: those of its pool are Consul's. What it has is in no catalog, and it answers only " +
  "what is about itself. Let it join agents of Muster's servers, or run Consul's agent here";

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
