import { Refusal } from "../../lib/refusal.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { SerfState, StoredEvent, UserEventMessage } from "../messages.ts";
import type { PoolEvent } from "../types.ts";
import { encodeSerf } from "../wire/serf.ts";
import type { LamportClock } from "./lamport-clock.ts";
import { LamportRing } from "./lamport-ring.ts";
import type { Outbox } from "./outbox.ts";

/** Serf's UserEventSizeLimit: of name and payload, and of the encoded message. */
const EVENT_BYTES_MAX = 512;
/** What any peer may have configured as its limit. */
const FOREIGN_EVENT_BYTES_MAX = 9 * 1024;
/** Of events with one Lamport time; they are all kept and told to whoever joins. */
const EVENTS_PER_TIME_MAX = 64;
const BYTES_PER_TIME_MAX = 16 * 1024;

export interface UserEventsOptions {
  readonly lamport: LamportClock;
  readonly outbox: Outbox;
  /** Older ones are of no interest. */
  readonly minTime: number;
  readonly log: Logger;
  readonly meter: Meter;
  readonly onEvent: (event: Extract<PoolEvent, { kind: "user" }>) => void;
}

/** Events of users: each is told once, and kept for those who come later. */
export class UserEvents {
  readonly #options: UserEventsOptions;
  readonly #ring = new LamportRing<StoredEvent>();
  #minTime: number;
  /** Of the newest event that was told. */
  #lastTime: number;

  constructor(options: UserEventsOptions) {
    this.#options = options;
    this.#minTime = options.minTime;
    this.#lastTime = Math.max(options.minTime - 1, 0);
  }

  get lastTime(): number {
    return this.#lastTime;
  }

  /** Throws a Refusal (Serf's text) when it is too long. */
  send(name: string, payload: Uint8Array, coalesce: boolean): void {
    const { lamport, outbox } = this.#options;
    if (Buffer.byteLength(name) + payload.length > EVENT_BYTES_MAX)
      throw new Refusal(`user event exceeds configured limit of ${EVENT_BYTES_MAX} bytes before encoding`);
    const message: UserEventMessage = { type: "userEvent", ltime: lamport.time, name, payload, coalesce };
    const bytes = encodeSerf(message);
    if (bytes.length > EVENT_BYTES_MAX)
      throw new Refusal(`encoded user event exceeds configured limit of ${EVENT_BYTES_MAX} bytes after encoding`);
    lamport.stamp();
    this.#take(message);
    outbox.add("event", bytes);
  }

  /** One from another member, to be passed on as `bytes`. */
  receive(message: UserEventMessage, bytes: Uint8Array): void {
    if (this.#take(message)) this.#options.outbox.add("event", bytes);
  }

  /** Events before this time are not told. */
  ignoreBefore(ltime: number): void {
    this.#minTime = Math.max(this.#minTime, ltime);
  }

  /** For another member's state. */
  kept(): SerfState["events"] {
    return this.#ring.kept().map(({ ltime, items }) => ({ ltime, events: items }));
  }

  /** From another member's state. */
  merge(events: SerfState["events"]): void {
    for (const { ltime, events: stored } of events) for (const event of stored) this.#take({ ltime, ...event });
  }

  /** Whether it is new. */
  #take({ ltime, name, payload }: Pick<UserEventMessage, "ltime" | "name" | "payload">): boolean {
    const { lamport, log, meter } = this.#options;
    if (!lamport.witness(ltime)) {
      log.warn("user event is not taken: its Lamport time is far ahead of this pool's", { event: name, ltime });
      return false;
    }
    if (ltime < this.#minTime) return false;
    if (this.#ring.isTooOld(ltime, lamport.time)) {
      log.warn("received old event", { event: name, ltime, current: lamport.time });
      return false;
    }
    const seen = this.#ring.at(ltime);
    const event = { name, payload };
    if (seen.some((other) => isSame(other, event))) return false;
    if (!hasRoom(seen, event)) {
      log.warn("user event is not taken: it is too long, or too many have the same time", { event: name, ltime });
      return false;
    }
    seen.push(event);
    this.#lastTime = Math.max(this.#lastTime, ltime);
    meter.count("serf.events");
    this.#options.onEvent({ kind: "user", name, payload, ltime });
    return true;
  }
}

function isSame(a: StoredEvent, b: StoredEvent): boolean {
  return a.name === b.name && Buffer.compare(a.payload, b.payload) === 0;
}

function hasRoom(seen: readonly StoredEvent[], event: StoredEvent): boolean {
  const bytesOf = ({ name, payload }: StoredEvent) => Buffer.byteLength(name) + payload.length;
  const bytes = bytesOf(event);
  if (bytes > FOREIGN_EVENT_BYTES_MAX || seen.length >= EVENTS_PER_TIME_MAX) return false;
  return seen.reduce((sum, other) => sum + bytesOf(other), bytes) <= BYTES_PER_TIME_MAX;
}
