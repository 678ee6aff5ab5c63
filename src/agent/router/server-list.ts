import type { CalledServer } from "../../rpc/callers.ts";

/** A server that requests may go to. */
export interface RoutedServer extends CalledServer {
  /** Estimated round trip to it; undefined while that is not known. */
  readonly distanceMs?: number | undefined;
}

/** Servers that are farther than the nearest by no more than this, or by this part, are as near: load is spread on them. */
const AS_NEAR_MS = 5;
const AS_NEAR_PART = 0.5;
/** A server that failed is asked after all others for so long. */
const FAILED_MS = 30_000;
/** Consul's: how long an agent stays with a server at least, how much is added by chance, and new clients of a server in a second. */
const STAY_MS_MIN = 120_000;
const STAY_MS_SPREAD = 60_000;
const NEW_CLIENTS_PER_SECOND = 64;

/** How long an agent stays with a server, in a pool of so many agents with so many servers. `random` is in [0, 1). */
export function rebalanceDelayMs(agents: number, servers: number, random: number): number {
  const spreadMs = (agents / (NEW_CLIENTS_PER_SECOND * Math.max(1, servers))) * 1000;
  return Math.max(STAY_MS_MIN + random * STAY_MS_SPREAD, spreadMs);
}

/**
 * The servers of one datacenter in the order in which they are asked: the near ones first, in an order of chance, so that
 * each agent has its own first; then the others by distance; those that failed last.
 */
export class ServerList {
  readonly #random: () => number;
  readonly #nowMs: () => number;
  #servers: readonly RoutedServer[] = [];
  readonly #failedMs = new Map<string, number>();

  /** `random` is uniform in [0, 1); `nowMs` is monotonic. */
  constructor(random: () => number, nowMs: () => number) {
    this.#random = random;
    this.#nowMs = nowMs;
  }

  /** In the order in which they are to be asked. */
  get servers(): readonly RoutedServer[] {
    return this.#servers;
  }

  /** Who the servers are now. Those that were known keep their places, as connections to them are open; new ones come after. */
  set(servers: readonly RoutedServer[]): void {
    const isFirst = this.#servers.length === 0;
    const wanted = new Map(servers.map((server) => [server.nodeId, server]));
    const kept = this.#servers.flatMap(({ nodeId }) => wanted.get(nodeId) ?? []);
    for (const { nodeId } of kept) wanted.delete(nodeId);
    this.#servers = [...kept, ...this.#ordered([...wanted.values()])];
    for (const nodeId of this.#failedMs.keys()) {
      if (!servers.some((server) => server.nodeId === nodeId)) this.#failedMs.delete(nodeId);
    }
    if (isFirst) this.rebalance();
  }

  /** A call to it failed: the others are asked first from now on. */
  failed(nodeId: string): void {
    const at = this.#servers.findIndex((server) => server.nodeId === nodeId);
    const server = this.#servers[at];
    if (server === undefined) return;
    this.#failedMs.set(nodeId, this.#nowMs());
    this.#servers = [...this.#servers.slice(0, at), ...this.#servers.slice(at + 1), server];
  }

  /** Puts all in order anew. */
  rebalance(): void {
    const hasFailed = ({ nodeId }: RoutedServer) =>
      this.#nowMs() - (this.#failedMs.get(nodeId) ?? Number.NEGATIVE_INFINITY) < FAILED_MS;
    const good = this.#servers.filter((server) => !hasFailed(server));
    this.#servers = [...this.#ordered(good), ...this.#servers.filter(hasFailed)];
  }

  #ordered(servers: readonly RoutedServer[]): RoutedServer[] {
    const of = ({ distanceMs }: RoutedServer) => distanceMs ?? Number.POSITIVE_INFINITY;
    const nearest = Math.min(...servers.map(of));
    const near = Number.isFinite(nearest) ? Math.max(nearest + AS_NEAR_MS, nearest * (1 + AS_NEAR_PART)) : nearest;
    const mixed = this.#shuffled(servers);
    const far = mixed.filter((server) => of(server) > near).sort((a, b) => (of(a) < of(b) ? -1 : 1));
    return [...mixed.filter((server) => of(server) <= near), ...far];
  }

  #shuffled(servers: readonly RoutedServer[]): RoutedServer[] {
    const mixed = [...servers];
    for (let left = mixed.length; left > 1; left--) {
      const at = Math.floor(this.#random() * left);
      [mixed[at], mixed[left - 1]] = [mixed[left - 1] as RoutedServer, mixed[at] as RoutedServer];
    }
    return mixed;
  }
}
