import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Peers } from "../../rpc/types.ts";
import { type JoinTarget, parseJoinAddress } from "./addresses.ts";

/** Until then one of the servers of `-join` must have answered. */
const START_JOIN_MS = 10_000;

export interface SeekerDeps {
  peers: Pick<Peers, "dial" | "forget" | "list">;
  /** `start_join`: one must answer soon. */
  startJoin: readonly string[];
  retryJoin: readonly string[];
  retryIntervalMs: number;
  /** Intervals without an answer of anybody before it gives up; 0 for never. */
  retryMax: number;
  /** All addresses of a name; rejects when there are none. */
  resolve: (host: string) => Promise<readonly string[]>;
  joinHostPort: (host: string, port: number) => string;
  /** This server belongs to a cluster. */
  isJoined: () => boolean;
  /** The agent can't do what its configuration says. */
  onGivenUp: (reason: string) => void;
  clock: Clock;
  log: Logger;
}

/**
 * Asks the servers that the configuration names, each address that a name stands for. Connections are looked after by the
 * link; here it is looked again what the names mean, as long as nobody is found, and when to give up.
 */
export class Seeker {
  readonly #deps: SeekerDeps;
  readonly #targets: readonly JoinTarget[];
  /** Found behind names, and asked. */
  #resolved = new Set<string>();
  #rounds = 0;
  #timer: Timer | undefined;
  #isStopped = false;

  /** Throws an Error for the operator when an address is none. */
  constructor(deps: SeekerDeps) {
    this.#deps = deps;
    this.#targets = [...deps.startJoin, ...deps.retryJoin].map((text) => {
      const target = parseJoinAddress(text);
      if (target.hadGossipPort) {
        deps.log.info("there is no gossip yet: asks the server port instead", { given: text, port: target.port });
      }
      return target;
    });
  }

  start(): void {
    const { peers, joinHostPort, startJoin, clock } = this.#deps;
    for (const { host, port } of this.#targets) peers.dial(joinHostPort(host, port));
    if (this.#targets.length === 0) return;
    void this.#round();
    if (startJoin.length > 0) {
      clock.after(START_JOIN_MS, () => {
        if (!this.#isStopped && !this.#hasAny && !this.#deps.isJoined())
          this.#giveUp(`none of the servers of -join answered: ${startJoin.join(", ")}`);
      });
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  get #hasAny(): boolean {
    return this.#deps.peers.list().some(({ isConnected }) => isConnected);
  }

  async #round(): Promise<void> {
    const { clock, retryIntervalMs, retryMax, isJoined, retryJoin } = this.#deps;
    if (!this.#hasAny || !isJoined()) await this.#resolve();
    if (this.#isStopped) return;
    this.#rounds = this.#hasAny ? 0 : this.#rounds + 1;
    if (retryMax > 0 && this.#rounds > retryMax && !isJoined()) {
      this.#giveUp(`retry_max exceeded: none of the servers of retry_join answered: ${retryJoin.join(", ")}`);
      return;
    }
    this.#timer = clock.after(retryIntervalMs, () => void this.#round());
  }

  /** One name may stand for all servers. */
  async #resolve(): Promise<void> {
    const { peers, resolve, joinHostPort, log } = this.#deps;
    const found = new Set<string>();
    for (const { host, port } of this.#targets) {
      try {
        for (const address of await resolve(host)) if (address !== host) found.add(joinHostPort(address, port));
      } catch (error) {
        log.debug("a name of a server to join can't be resolved", { name: host, error: String(error) });
      }
    }
    if (this.#isStopped) return;
    for (const address of found) if (!this.#resolved.has(address)) peers.dial(address);
    for (const address of this.#resolved) if (!found.has(address)) peers.forget(address);
    this.#resolved = found;
  }

  #giveUp(reason: string): void {
    this.stop();
    this.#deps.onGivenUp(reason);
  }
}
