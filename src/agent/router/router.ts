import { pause } from "../../lib/pause.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Callers } from "../../rpc/callers.ts";
import { AnswerLost, NotSent } from "../../rpc/errors.ts";
import type { Wire } from "../../rpc/types.ts";
import { type RoutedServer, rebalanceDelayMs, ServerList } from "./server-list.ts";

/**
 * Requests to one datacenter at a time. Others have fewer, so that one that is cut off, where all wait for their time-outs,
 * takes nothing from the own one.
 */
const OWN_MAX = 16_384;
const OTHER_MAX = 2048;
/** Between two rounds over all servers of the own datacenter. */
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1000;

export interface RouterOptions {
  /** The own one. */
  datacenter: string;
  callers: Pick<Callers, "call">;
  clock: Clock;
  random: Random;
  /** Agents of the own datacenter. */
  clusterSize: () => number;
  /** How long a server of the own datacenter is looked for when none can be reached (`rpc_hold_timeout`). */
  holdMs: () => number;
}

export interface RunOptions {
  /** Of all tries together. */
  timeoutMs: number;
  /** It may be executed twice: it is tried at another server even when it may have been executed at one. */
  isSafe: boolean;
  signal?: AbortSignal;
}

/** Calls of the one server that a try goes to. */
export type CallServer = (
  method: string,
  argument: Wire,
  options: { timeoutMs: number; signal?: AbortSignal },
) => Promise<Wire>;

interface Datacenter {
  readonly name: string;
  readonly list: ServerList;
  underWay: number;
  rebalance: Timer | undefined;
}

/** Behind Consul's words. */
const FOREIGN = "speak Consul's own protocol, which this agent does not";

/** Takes requests to a server of a datacenter. Errors are Refusals in Consul's words. */
export class Router {
  readonly #options: RouterOptions;
  readonly #datacenters = new Map<string, Datacenter>();
  #foreign: ReadonlySet<string> = new Set();
  #isClosed = false;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** The servers of a datacenter that can be reached as far as is known; none when it is known and has no such. */
  setServers(datacenter: string, servers: readonly RoutedServer[]): void {
    const known = this.#datacenters.get(datacenter.toLowerCase()) ?? this.#create(datacenter);
    known.list.set(servers);
    if (known.rebalance === undefined) this.#rebalanceLater(known);
  }

  /** Datacenters whose servers are all of another program, so that nobody there can be asked. */
  setForeign(datacenters: readonly string[]): void {
    this.#foreign = new Set(datacenters.map((name) => name.toLowerCase()));
  }

  /** The datacenter is no more. */
  forget(datacenter: string): void {
    const known = this.#datacenters.get(datacenter.toLowerCase());
    known?.rebalance?.cancel();
    this.#datacenters.delete(datacenter.toLowerCase());
  }

  /** Those that can be asked for: the own one, and then the others, nearest first. */
  datacenters(): string[] {
    const { datacenter } = this.#options;
    const own = datacenter.toLowerCase();
    const others = [...this.#datacenters.values()].filter(({ name }) => name.toLowerCase() !== own);
    const measured = others.map(({ name, list }) => ({ name, distanceMs: medianMs(list.servers) }));
    measured.sort((a, b) => (a.distanceMs === b.distanceMs ? compare(a.name, b.name) : a.distanceMs - b.distanceMs));
    return [datacenter, ...measured.map(({ name }) => name)];
  }

  /** In the order in which they would be asked; none for a datacenter that is not known. */
  servers(datacenter: string): readonly RoutedServer[] {
    return this.#datacenters.get(datacenter.toLowerCase())?.list.servers ?? [];
  }

  /** Calls a method of a server of the datacenter. */
  call(datacenter: string, method: string, argument: Wire, options: RunOptions): Promise<Wire> {
    const { signal } = options;
    return this.run(datacenter, options, (call, leftMs) =>
      call(method, argument, { timeoutMs: leftMs, ...(signal === undefined ? {} : { signal }) }),
    );
  }

  /**
   * Tries something at the servers of a datacenter, one after the other, until it does not fail by `NotSent`, or where it
   * is safe by `AnswerLost`. What an attempt throws otherwise is thrown as it is.
   */
  async run<T>(
    datacenter: string,
    options: RunOptions,
    attempt: (call: CallServer, leftMs: number) => Promise<T>,
  ): Promise<T> {
    const known = this.#datacenters.get(datacenter.toLowerCase());
    if (known === undefined) throw this.#unknown(datacenter);
    const max = this.#isOwn(known.name) ? OWN_MAX : OTHER_MAX;
    if (known.underWay >= max) {
      throw new Refusal(`${max} requests to datacenter "${known.name}" wait for answers already`, 500, "refused");
    }
    known.underWay++;
    try {
      return await this.#run(known, options, attempt);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      known.underWay--;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { rebalance } of this.#datacenters.values()) rebalance?.cancel();
  }

  async #run<T>(
    { name, list }: Datacenter,
    { timeoutMs, isSafe, signal }: RunOptions,
    attempt: (call: CallServer, leftMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock, callers } = this.#options;
    const startMs = clock.monotonicMs();
    const holdMs = this.#isOwn(name) ? this.#options.holdMs() : 0;
    let failedMs: number | undefined;
    let failure: unknown;
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs)) {
      for (const server of list.servers) {
        const leftMs = startMs + timeoutMs - clock.monotonicMs();
        if (leftMs <= 0) throw failure ?? new AnswerLost("no time is left");
        try {
          return await attempt((method, argument, options) => callers.call(server, method, argument, options), leftMs);
        } catch (error) {
          if (!mayTryAgain(error, isSafe) || signal?.aborted) throw error;
          failure = error;
          failedMs ??= clock.monotonicMs();
          list.failed(server.nodeId);
        }
      }
      if (failedMs === undefined) throw this.#none(name);
      const restMs = Math.min(failedMs + holdMs, startMs + timeoutMs) - clock.monotonicMs();
      if (restMs <= 0) throw failure;
      const waitMs = Math.min(restMs, pauseMs * (0.5 + this.#options.random.float()));
      await pause(this.#options.clock, waitMs, signal);
      if (signal?.aborted) throw failure;
    }
  }

  #create(name: string): Datacenter {
    const { clock, random } = this.#options;
    const list = new ServerList(
      () => random.float(),
      () => clock.monotonicMs(),
    );
    const created = { name, list, underWay: 0, rebalance: undefined };
    this.#datacenters.set(name.toLowerCase(), created);
    return created;
  }

  #rebalanceLater(known: Datacenter): void {
    if (this.#isClosed) return;
    const { clock, random, clusterSize } = this.#options;
    const delayMs = rebalanceDelayMs(clusterSize(), known.list.servers.length, random.float());
    known.rebalance = clock.after(delayMs, () => {
      known.list.rebalance();
      this.#rebalanceLater(known);
    });
  }

  #isOwn(name: string): boolean {
    return name.toLowerCase() === this.#options.datacenter.toLowerCase();
  }

  #unknown(datacenter: string): Refusal {
    if (this.#isOwn(datacenter)) return this.#none(datacenter);
    return new Refusal(`No path to datacenter${this.#why(datacenter)}`);
  }

  #none(datacenter: string): Refusal {
    const text = this.#isOwn(datacenter) ? "No known Consul servers" : "Remote DC has no server currently reachable";
    return new Refusal(text + this.#why(datacenter), 500, "refused");
  }

  #why(datacenter: string): string {
    if (!this.#foreign.has(datacenter.toLowerCase())) return "";
    return `: ${this.#isOwn(datacenter) ? "those of this pool" : "its servers"} ${FOREIGN}`;
  }
}

function mayTryAgain(error: unknown, isSafe: boolean): boolean {
  return error instanceof NotSent || (isSafe && error instanceof AnswerLost);
}

/** Consul prefixes what goes wrong on the way to a server with these words. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof NotSent) return new Refusal(`rpc error getting client: ${error.message}`, 500, "refused");
  if (error instanceof AnswerLost) return new Refusal(`rpc error making call: ${error.message}`, 500, "unknown");
  return error;
}

function medianMs(servers: readonly RoutedServer[]): number {
  const known = servers.flatMap(({ distanceMs }) => distanceMs ?? []).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? Number.MAX_VALUE;
}

const compare = (a: string, b: string): number => (a < b ? -1 : 1);
