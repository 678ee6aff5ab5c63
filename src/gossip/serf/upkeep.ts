import { parseDurationMs } from "../../lib/duration.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Random } from "../../ports/random.ts";
import type { SwimPort } from "../swim/delegate.ts";
import type { PoolMember } from "../types.ts";
import type { MemberList } from "./member-list.ts";
import type { Lane, Outbox } from "./outbox.ts";

const REAP_INTERVAL_MS = 15_000;
const RECONNECT_INTERVAL_MS = 30_000;
const QUEUE_INTERVAL_MS = 30_000;
const QUEUE_WARNING = 128;
/** The tag by which a member says how long it may be away (Consul's `reconnect_timeout`), in place of everybody's setting. */
const TIMEOUT_TAG = "rc_tm";

const LANES: Readonly<Record<Lane, string>> = { intent: "Intent", query: "Query", event: "Event" };

export interface UpkeepOptions {
  readonly members: MemberList;
  readonly outbox: Outbox;
  readonly swim: SwimPort;
  readonly reconnectTimeoutMs: number;
  readonly tombstoneTimeoutMs: number;
  /** Called once, when members from before this start that are still unheard of would have been reaped. */
  readonly giveUpUnheard: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
}

/** What comes round: the dead are forgotten or looked for, and queues are watched. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #timers = new Map<string, Timer>();
  readonly #startedMs: number;
  #hasGivenUp = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#every("reap", REAP_INTERVAL_MS, () => this.#reap());
    this.#every("reconnect", RECONNECT_INTERVAL_MS, () => this.#reconnect());
    this.#every("queues", QUEUE_INTERVAL_MS, () => this.#watchQueues());
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #every(name: string, intervalMs: number, round: () => void): void {
    const again = () => {
      this.#timers.set(
        name,
        this.#options.clock.after(intervalMs, () => {
          again();
          round();
        }),
      );
    };
    again();
  }

  #reap(): void {
    const { members, reconnectTimeoutMs, tombstoneTimeoutMs, clock } = this.#options;
    if (!this.#hasGivenUp && clock.monotonicMs() - this.#startedMs > reconnectTimeoutMs) {
      this.#hasGivenUp = true;
      this.#options.giveUpUnheard();
    }
    members.reap((member) =>
      this.#timeoutMs(member, member.status === "failed" ? reconnectTimeoutMs : tombstoneTimeoutMs),
    );
  }

  #timeoutMs({ name, tags }: PoolMember, usualMs: number): number {
    const own = tags[TIMEOUT_TAG];
    if (own === undefined) return usualMs;
    try {
      return parseDurationMs(own);
    } catch {
      this.#options.log.warn(`the tag ${TIMEOUT_TAG} is no duration, so the usual one counts`, {
        member: name,
        tag: own,
      });
      return usualMs;
    }
  }

  /** Each failed member is tried by one of those alive in each round, on average. */
  #reconnect(): void {
    const { members, random, log, swim } = this.#options;
    const failedCount = members.count("failed");
    if (failedCount === 0) return;
    const others = members.size - failedCount - members.count("left");
    if (random.float() > failedCount / Math.max(others, 1)) {
      log.debug("forgoing reconnect for random throttling");
      return;
    }
    const failed = [...members.members()].filter(({ status }) => status === "failed");
    const member = failed[Math.floor(random.float() * failed.length)];
    if (member === undefined) return;
    log.info("attempting reconnect", { member: member.name, address: member.at.address });
    swim.pushPull(member.at, true).catch((error: unknown) => {
      log.debug("reconnect failed", { member: member.name, error: String(error) });
    });
  }

  #watchQueues(): void {
    const { outbox, meter, log } = this.#options;
    for (const [lane, name] of Object.entries(LANES) as [Lane, string][]) {
      const depth = outbox.length(lane);
      meter.sample(`serf.queue.${name}`, depth);
      if (depth >= QUEUE_WARNING) log.warn(`${name} queue depth: ${depth}`);
    }
  }
}
