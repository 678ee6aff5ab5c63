import { compileRegexp } from "../lang/re2/regexp.ts";
import { Refusal } from "../lib/refusal.ts";
import type { UserEvent } from "../model/event.ts";
import type { Publisher } from "../state/publisher.ts";
import type { QueryResult } from "../state/query.ts";

/** Consul keeps the last 256 events on each agent. */
const EVENTS_MAX = 256;
/** Serf's limit of a user event, name and encoded payload together. */
const EVENT_BYTES_MAX = 512;
const EVENT_VERSION = 1;

export type FiredEvent = Pick<UserEvent, "Name" | "Payload" | "NodeFilter" | "ServiceFilter" | "TagFilter">;

/** What the filters are held against: this node and its services. */
export interface EventTarget {
  nodeName(): string;
  services(): { name: string; tags: readonly string[] }[];
}

/**
 * The user events this agent has seen. They travel by gossip only: no order, no promise of delivery, no leader needed.
 */
export class UserEvents {
  readonly #target: EventTarget;
  readonly #publisher: Publisher;
  readonly #uuid: () => string;
  /** Oldest first. */
  #events: UserEvent[] = [];
  #lamportTime = 1;

  constructor(deps: { target: EventTarget; publisher: Publisher; uuid: () => string }) {
    this.#target = deps.target;
    this.#publisher = deps.publisher;
    this.#uuid = deps.uuid;
  }

  /** Fires an event; it comes back as sent, and is received here too when the filters match. */
  fire(fired: FiredEvent): UserEvent {
    checkFilters(fired);
    const event: UserEvent = { ID: this.#uuid(), ...fired, Version: EVENT_VERSION, LTime: 0 };
    if (encodedBytes(event) > EVENT_BYTES_MAX) {
      // Consul tells of each network segment that could not be told, of which there is this one.
      const why = `user event exceeds configured limit of ${EVENT_BYTES_MAX} bytes before encoding`;
      throw new Refusal(`1 error occurred:\n\t* error broadcasting event to segment "": ${why}\n\n`);
    }
    this.receive({ ...event, LTime: ++this.#lamportTime });
    return event;
  }

  /** Takes an event that gossip brought. */
  receive(event: UserEvent): void {
    this.#lamportTime = Math.max(this.#lamportTime, event.LTime);
    if (!this.#isForUs(event)) return;
    this.#events = [...this.#events, event].slice(-EVENTS_MAX);
    this.#publisher.publish(new Set([eventTopic(event.Name), EVENTS_TOPIC]), 0);
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
    if (event.NodeFilter !== "" && !compileRegexp(event.NodeFilter).test(this.#target.nodeName())) return false;
    if (event.ServiceFilter === "") return true;
    const service = compileRegexp(event.ServiceFilter);
    const tag = event.TagFilter === "" ? undefined : compileRegexp(event.TagFilter);
    return this.#target
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

/** Size of the event as gossip carries it: name with Consul's prefix, and a msgpack map with one-letter keys. */
function encodedBytes(event: UserEvent): number {
  const raw = (bytes: number) => bytes + (bytes < 32 ? 1 : 3);
  const text = (key: string, value: string) => (value === "" ? 0 : raw(key.length) + raw(Buffer.byteLength(value)));
  const payload =
    1 +
    text("ID", event.ID) +
    text("n", event.Name) +
    (event.Payload === null ? 0 : raw(1) + raw(event.Payload.length)) +
    text("nf", event.NodeFilter) +
    text("sf", event.ServiceFilter) +
    text("tf", event.TagFilter) +
    raw(1) +
    1;
  return Buffer.byteLength(`consul:event:${event.Name}`) + payload;
}
