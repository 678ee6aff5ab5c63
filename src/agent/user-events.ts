import { compileRegexp } from "../lang/re2/regexp.ts";
import { Refusal } from "../lib/refusal.ts";
import type { UserEvent } from "../model/event.ts";
import type { Logger } from "../ports/logger.ts";
import type { Publisher } from "../state/publisher.ts";
import type { QueryResult } from "../state/query.ts";
import { decodeEvent, encodeEvent } from "./event-payload.ts";
import { REMOTE_EXEC_EVENT } from "./remote-exec.ts";

/** Consul keeps the last 256 events on each agent. */
const EVENTS_MAX = 256;
const EVENT_VERSION = 1;
/** What Consul puts before the names of its events in gossip. */
const GOSSIP_PREFIX = "consul:event:";

export type FiredEvent = Pick<UserEvent, "Name" | "Payload" | "NodeFilter" | "ServiceFilter" | "TagFilter">;

/** What the filters are held against: this node and its services. */
export interface EventTarget {
  nodeName(): string;
  services(): { name: string; tags: readonly string[] }[];
}

/** A user event of the gossip pool. */
export interface GossipEvent {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly ltime: number;
}

export interface UserEventsDeps {
  readonly target: EventTarget;
  /** Tells all members, this one too. Throws a Refusal when it is too long. */
  broadcast(name: string, payload: Uint8Array): void;
  /** Takes the payload of an event that asks this node to run a program. */
  onExec(payload: Uint8Array | null): void;
  readonly publisher: Publisher;
  readonly uuid: () => string;
  readonly log: Logger;
}

/**
 * The user events this agent has seen. They travel by gossip only: no order, no promise of delivery, no leader needed.
 */
export class UserEvents {
  readonly #deps: UserEventsDeps;
  /** Oldest first. */
  #events: UserEvent[] = [];

  constructor(deps: UserEventsDeps) {
    this.#deps = deps;
  }

  /** Fires an event; it comes back as sent, and gossip brings it here too. */
  fire(fired: FiredEvent): UserEvent {
    checkFilters(fired);
    const event: UserEvent = { ID: this.#deps.uuid(), ...fired, Version: EVENT_VERSION, LTime: 0 };
    try {
      this.#deps.broadcast(GOSSIP_PREFIX + event.Name, encodeEvent(event));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // Consul tells of each network segment that could not be told, of which there is this one.
      throw new Refusal(`1 error occurred:\n\t* error broadcasting event to segment "": ${error.message}\n\n`);
    }
    return event;
  }

  /** Takes what gossip brought; what is no user event of an agent is left alone. */
  receive({ name, payload, ltime }: GossipEvent): void {
    if (!name.startsWith(GOSSIP_PREFIX)) return;
    const Name = name.slice(GOSSIP_PREFIX.length);
    let event: UserEvent;
    try {
      event = { ...decodeEvent(payload), Name, LTime: ltime };
      if (!this.#isForUs(event)) return;
    } catch (error) {
      this.#deps.log.warn("left out a user event that can't be read", { name, error: (error as Error).message });
      return;
    }
    if (Name === REMOTE_EXEC_EVENT) {
      this.#deps.onExec(event.Payload);
      return;
    }
    this.#events = [...this.#events, event].slice(-EVENTS_MAX);
    this.#deps.publisher.publish(new Set([eventTopic(Name), EVENTS_TOPIC]), 0);
  }

  /** Events of one name, or all for "", oldest first. The index is made of the newest one's id. */
  list(name: string): QueryResult<UserEvent[]> {
    const value = name === "" ? this.#events : this.#events.filter((event) => event.Name === name);
    const newest = value.at(-1);
    const index = newest === undefined ? 1n : indexOfId(newest.ID);
    return {
      value,
      index: Number(index),
      version: index.toString(),
      interest: { topics: [name === "" ? EVENTS_TOPIC : eventTopic(name)] },
    };
  }

  #isForUs(event: UserEvent): boolean {
    if (event.NodeFilter !== "" && !compileRegexp(event.NodeFilter).test(this.#deps.target.nodeName())) return false;
    if (event.ServiceFilter === "") return true;
    const service = compileRegexp(event.ServiceFilter);
    const tag = event.TagFilter === "" ? undefined : compileRegexp(event.TagFilter);
    return this.#deps.target
      .services()
      .some(({ name, tags }) => service.test(name) && (tag === undefined || tags.some((text) => tag.test(text))));
  }
}

const EVENTS_TOPIC = "events";
const eventTopic = (name: string) => `event/${name}`;

/** Both halves of the UUID, xor: Consul's rule, so that the same event has the same index on every agent. */
export function indexOfId(id: string): bigint {
  const hex = id.replaceAll("-", "");
  return BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`);
}

function checkFilters(event: FiredEvent): void {
  for (const [name, filter] of [
    ["node", event.NodeFilter],
    ["service", event.ServiceFilter],
    ["tag", event.TagFilter],
  ] as const) {
    try {
      compileRegexp(filter);
    } catch (error) {
      throw new Refusal(`Invalid ${name} filter: ${(error as Error).message}`);
    }
  }
  if (event.TagFilter !== "" && event.ServiceFilter === "") {
    throw new Refusal("Cannot provide tag filter without service filter");
  }
}
