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
/** After the first server of a datacenter the others become known within this time. */
const FORMING_MS = 10_000;
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
  /** When the first of these became known. */
  #sinceMs = 0;

  /** `random` is uniform in [0, 1); `nowMs` is monotonic. */
  constructor(random: () => number, nowMs: () => number) {
    this.#random = random;
    this.#nowMs = nowMs;
  }

  /** In the order in which they are to be asked. */
  get servers(): readonly RoutedServer[] {
    return this.#servers;
  }

  /**
   * Who the servers are now. Those that were known keep their order, as connections to them are open, and new ones come
   * after. But a pool tells of its servers one by one, and the first would get all: at the beginning each gets its share.
   */
  set(servers: readonly RoutedServer[]): void {
    if (this.#servers.length === 0) this.#sinceMs = this.#nowMs();
    const isForming = this.#nowMs() - this.#sinceMs < FORMING_MS;
    const wanted = new Map(servers.map((server) => [server.nodeId, server]));
    const order = this.#servers.flatMap(({ nodeId }) => wanted.get(nodeId) ?? []);
    for (const { nodeId } of order) wanted.delete(nodeId);
    for (const nodeId of this.#failedMs.keys()) {
      if (!servers.some((server) => server.nodeId === nodeId)) this.#failedMs.delete(nodeId);
    }
    const isNear = nearOnes(servers);
    for (const server of this.#ordered([...wanted.values()])) {
      const near = order.filter((each) => isNear(each) && !this.#hasFailed(each)).length;
      const place = isForming && isNear(server) ? Math.floor(this.#random() * (near + 1)) : order.length;
      order.splice(place, 0, server);
    }
    this.#servers = order;
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
    const good = this.#servers.filter((server) => !this.#hasFailed(server));
    this.#servers = [...this.#ordered(good), ...this.#servers.filter((server) => this.#hasFailed(server))];
  }

  #hasFailed({ nodeId }: RoutedServer): boolean {
    return this.#nowMs() - (this.#failedMs.get(nodeId) ?? Number.NEGATIVE_INFINITY) < FAILED_MS;
  }

  #ordered(servers: readonly RoutedServer[]): RoutedServer[] {
    const isNear = nearOnes(servers);
    const mixed = this.#shuffled(servers);
    const far = mixed.filter((server) => !isNear(server)).sort((a, b) => (distanceOf(a) < distanceOf(b) ? -1 : 1));
    return [...mixed.filter(isNear), ...far];
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

const distanceOf = ({ distanceMs }: RoutedServer): number => distanceMs ?? Number.POSITIVE_INFINITY;

/** Whether one is as near as the nearest of these; all are when no distance is known. */
function nearOnes(servers: readonly RoutedServer[]): (server: RoutedServer) => boolean {
  const nearest = Math.min(...servers.map(distanceOf));
  const nearMs = Number.isFinite(nearest) ? Math.max(nearest + AS_NEAR_MS, nearest * (1 + AS_NEAR_PART)) : nearest;
  return (server) => distanceOf(server) <= nearMs;
}
