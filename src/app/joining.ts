import { lookup } from "node:dns/promises";
import { Discovery } from "../agent/discovery/discovery.ts";
import { Mdns } from "../agent/discovery/mdns.ts";
import { RetryJoin, type RetryJoinDeps, startJoin } from "../agent/discovery/retry-join.ts";
import type { Config } from "../config/config.ts";
import { parseJoinTarget } from "../config/join-target.ts";
import type { Pool } from "../gossip/types.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { machineInterfaces } from "../platform/interfaces.ts";
import { multicastDns } from "../platform/mdns.ts";
import { BunProcessRunner } from "../platform/process.ts";
import { systemRandom as random } from "../platform/random.ts";
import type { Timer } from "../ports/clock.ts";
import { missingInWan } from "./pool-servers.ts";
import type { Pools } from "./pools.ts";
import type { Telemetry } from "./telemetry.ts";

/** Servers of the own datacenter bring each other into the pool of all; looked after as often as Consul does. */
const FLOOD_MS = 30_000;
/** Several servers often come at once. */
const FLOOD_SOON_MS = 500;

/** How this node finds the others of its pools. */
export interface Joining {
  /** Joins what an operator names, in the form of `-join`. Rejects with a text when nobody takes this node in. */
  join(address: string, isWan: boolean): Promise<void>;
  /**
   * Joins whom the configuration names, and brings servers of this datacenter into the pool of all. Rejects when those of
   * `start_join` can't be joined.
   */
  start(): Promise<void>;
  /** Somebody came to the pool of this datacenter. */
  onJoin(): void;
  stop(): void;
}

export function makeJoining(
  config: Config,
  pools: Pools,
  { hub }: Telemetry,
  onGivenUp: (reason: string) => void,
): Joining {
  const log = hub.logger("agent");
  const { lan, wan } = pools;
  const lanSide: Side = { pool: lan, discovery: discoveryOf(config, lan, config.serfLan, config.ports.serfLan, log) };
  const wanPort = config.ports.serfWan;
  const wanSide: Side | undefined =
    wan === undefined || wanPort === null
      ? undefined
      : { pool: wan, discovery: discoveryOf(config, wan, config.serfWan, wanPort, log) };
  const lanDeps = depsOf("LAN", lanSide, config.ports.serfLan, log);
  const wanDeps = wanSide === undefined ? undefined : depsOf("WAN", wanSide, wanPort ?? 0, log);
  const loops = [
    retryLoop(lanDeps, config.retryJoin, config.retryIntervalMs, config.retryMax, onGivenUp),
    ...(wanDeps === undefined
      ? []
      : [retryLoop(wanDeps, config.retryJoinWan, config.retryIntervalWanMs, config.retryMaxWan, onGivenUp)]),
  ];
  const flood = floodLoop(pools);
  return {
    async join(address, isWan) {
      const side = isWan ? wanSide : lanSide;
      if (side === undefined) throw new Error("this agent is in no pool of all datacenters' servers");
      const target = parseJoinTarget(address, isWan ? (wanPort ?? 0) : config.ports.serfLan);
      await side.pool.join(await side.discovery.resolve(target), { ignoreOldEvents: true });
    },
    async start() {
      await startJoin(config.startJoin, lanDeps);
      if (wanDeps !== undefined) await startJoin(config.startJoinWan, wanDeps);
      await lanSide.discovery
        .announce([...config.startJoin, ...config.retryJoin])
        .catch((error: unknown) => log.warn("the local network is not told of this node", { error: String(error) }));
      for (const loop of loops) loop.start();
      flood.start();
    },
    onJoin: () => flood.soon(),
    stop() {
      flood.stop();
      for (const loop of loops) loop.stop();
      lanSide.discovery.close();
      wanSide?.discovery.close();
    },
  };
}

interface Side {
  readonly pool: Pool;
  readonly discovery: Discovery;
}
type Log = ReturnType<Telemetry["hub"]["logger"]>;

function discoveryOf(config: Config, pool: Pool, bindAddr: string, port: number, log: Log): Discovery {
  return new Discovery({
    lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    bindAddr,
    self: { name: config.nodeName, datacenter: config.datacenter, port, addresses: [pool.self().at.address] },
    mdns: new Mdns({ multicast: multicastDns(machineInterfaces), clock, random, log }),
    processes: new BunProcessRunner(),
  });
}

type Deps = Pick<RetryJoinDeps, "pool" | "resolve" | "join" | "log" | "isAlone" | "port">;

function depsOf(name: "LAN" | "WAN", { pool, discovery }: Side, port: number, log: Log): Deps {
  return {
    pool: name,
    port,
    resolve: (target) => discovery.resolve(target),
    // As Consul does: what was fired before this node came is not its business.
    join: (addresses) => pool.join(addresses, { ignoreOldEvents: true }),
    isAlone: () => pool.members().filter(({ status }) => status === "alive").length < 2,
    log,
  };
}

function retryLoop(
  deps: Deps,
  targets: readonly string[],
  intervalMs: number,
  max: number,
  onGivenUp: (reason: string) => void,
): RetryJoin {
  return new RetryJoin({ ...deps, targets, intervalMs, max, onGivenUp, clock });
}

/** Whoever joins one server of a datacenter over the WAN gets to know all of them. */
function floodLoop({ lan, wan }: Pools): { start(): void; soon(): void; stop(): void } {
  let timer: Timer | undefined;
  let isRunning = false;
  const round = async (joined: Pool) => {
    isRunning = true;
    const missing = missingInWan(lan.members(), joined.members());
    // Who can't be joined now is tried in the next round; the pool has said why.
    if (missing.length > 0) await joined.join(missing).catch(() => undefined);
    isRunning = false;
    if (timer !== undefined) arm(FLOOD_MS);
  };
  const arm = (delayMs: number) => {
    timer?.cancel();
    if (wan !== undefined) timer = clock.after(delayMs, () => void round(wan));
  };
  return {
    start: () => arm(0),
    soon: () => {
      if (timer !== undefined && !isRunning) arm(FLOOD_SOON_MS);
    },
    stop: () => {
      timer?.cancel();
      timer = undefined;
    },
  };
}
