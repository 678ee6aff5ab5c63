import { type JoinTarget, parseJoinTarget } from "../../config/join-target.ts";
import type { Endpoint } from "../../gossip/messages.ts";
import { formatDurationNs, NS_PER_MS } from "../../lib/duration.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { LogFields, Logger } from "../../ports/logger.ts";

/** Machines that start together find each other in seconds, whatever the interval. */
const FIRST_RETRY_MS = 1000;

export interface JoinDeps {
  readonly pool: "LAN" | "WAN";
  /** Of this node in that pool, which counts for targets that name none. */
  readonly port: number;
  /** The addresses that a target stands for; rejects when there are none. */
  resolve(target: JoinTarget): Promise<readonly Endpoint[]>;
  /** Resolves with how many took this node in; rejects when none did. */
  join(addresses: readonly Endpoint[]): Promise<number>;
  readonly log: Logger;
}

/** Joins what `start_join` names, once. Rejects with a text for the operator when nobody takes this node in. */
export async function startJoin(texts: readonly string[], deps: JoinDeps): Promise<void> {
  if (texts.length === 0) return;
  deps.log.info("Joining cluster...", { cluster: deps.pool });
  const joined = await joinOnce(parseTargets(texts, deps.port), deps, loudly(deps.log));
  deps.log.info("Join completed. Initial agents synced with", { cluster: deps.pool, agent_count: joined });
}

export interface RetryJoinDeps extends JoinDeps {
  readonly targets: readonly string[];
  /** Longest time between tries. */
  readonly intervalMs: number;
  /** Intervals without success before it gives up; 0 for never. */
  readonly max: number;
  /** Whether no other member is known to live. */
  isAlone(): boolean;
  /** The agent can't do what its configuration says. */
  onGivenUp(reason: string): void;
  readonly clock: Clock;
}

/**
 * Tries until somebody takes this node in. After that it looks now and then: a node that has lost all others, whose
 * addresses may be others by now, asks again for as long as it is alone.
 */
export class RetryJoin {
  readonly #deps: RetryJoinDeps;
  readonly #targets: readonly JoinTarget[];
  readonly #intervalMs: number;
  #beganMs = 0;
  #delayMs = FIRST_RETRY_MS;
  #timer: Timer | undefined;
  #isStopped = false;

  /** Throws ConfigError for a target that can't be read. */
  constructor(deps: RetryJoinDeps) {
    this.#deps = deps;
    this.#targets = parseTargets(deps.targets, deps.port);
    this.#intervalMs = Math.max(deps.intervalMs, FIRST_RETRY_MS);
  }

  /** Returns at once. */
  start(): void {
    if (this.#targets.length === 0) return;
    this.#beganMs = this.#deps.clock.monotonicMs();
    this.#deps.log.info("Joining cluster...", { cluster: this.#deps.pool });
    void this.#try();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #try(): Promise<void> {
    const { pool: cluster, log } = this.#deps;
    try {
      const joined = await joinOnce(this.#targets, this.#deps, loudly(log));
      if (this.#isStopped) return;
      log.info("Join cluster completed. Synced with initial agents", { cluster, num_agents: joined });
      this.#later(this.#intervalMs, () => void this.#look());
    } catch (error) {
      if (!this.#isStopped) this.#failed(textOf(error));
    }
  }

  #failed(why: string): void {
    const { pool: cluster, clock, max, log } = this.#deps;
    const elapsedMs = clock.monotonicMs() - this.#beganMs;
    if (max > 0 && elapsedMs >= max * this.#intervalMs) {
      this.#isStopped = true;
      log.error("max join retry exhausted, exiting", { cluster, error: why });
      this.#deps.onGivenUp(`agent: max join ${cluster} retry exhausted, exiting: ${why.trim()}`);
      return;
    }
    const delayMs = Math.min(this.#delayMs, this.#intervalMs);
    const retry_interval = formatDurationNs(delayMs * NS_PER_MS);
    log.warn("Join cluster failed, will retry", { cluster, retry_interval, error: why });
    this.#delayMs = 2 * delayMs;
    this.#later(delayMs, () => void this.#try());
  }

  /** Quietly: a node that is meant to be the only one is alone for ever. */
  async #look(): Promise<void> {
    const { pool: cluster, isAlone, log } = this.#deps;
    if (isAlone()) {
      try {
        const joined = await joinOnce(this.#targets, this.#deps, () => undefined);
        if (!this.#isStopped && !isAlone())
          log.info("all other members were lost; joined again", { cluster, num_agents: joined });
      } catch (error) {
        log.debug("no other member is alive, and none can be joined", { cluster, error: textOf(error) });
      }
    }
    this.#later(this.#intervalMs, () => void this.#look());
  }

  #later(delayMs: number, fn: () => void): void {
    if (!this.#isStopped) this.#timer = this.#deps.clock.after(delayMs, fn);
  }
}

type Say = (message: string, fields: LogFields, isTrouble?: boolean) => void;

const loudly =
  (log: Logger): Say =>
  (message, fields, isTrouble = false) =>
    isTrouble ? log.warn(message, fields) : log.info(message, fields);

function parseTargets(texts: readonly string[], port: number): JoinTarget[] {
  return texts.map((text) => parseJoinTarget(text, port));
}

/** Asks all that the targets stand for now; one that can't be resolved does not hold up the others. */
async function joinOnce(targets: readonly JoinTarget[], deps: JoinDeps, say: Say): Promise<number> {
  const { pool, resolve, join } = deps;
  const found = await Promise.all(
    targets.map(async (target) => {
      try {
        return await resolve(target);
      } catch (error) {
        say("Cannot discover address", { cluster: pool, address: target.text, error: textOf(error) }, true);
        return [];
      }
    }),
  );
  const addresses = found.flat();
  if (addresses.length === 0) throw new Error("No servers to join");
  const names = addresses.map(endpointText).join(", ");
  say(`(${pool}) joining`, { [`${pool.toLowerCase()}_addresses`]: `[${names}]` });
  const joined = await join(addresses);
  say(`(${pool}) joined`, { number_of_nodes: joined });
  return joined;
}

const endpointText = ({ address, port }: Endpoint) =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
