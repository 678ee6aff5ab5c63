import { WireError } from "../../codec/wire-error.ts";
import { assert } from "../../lib/assert.ts";
import type { Coordinate } from "../../lib/coordinate.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Alive, Endpoint, PushedNode, SerfMessage } from "../messages.ts";
import type { SwimDelegate, SwimMember, SwimPort } from "../swim/delegate.ts";
import type { PoolMember, QueryOptions, Tags } from "../types.ts";
import { decodeSerf, encodeSerf } from "../wire/serf.ts";
import { decodeTags, encodeTags, META_BYTES_MAX } from "../wire/tags.ts";
import { refusalOfAlive, refusalOfMerge } from "./admission.ts";
import type { KeyManager } from "./key-manager.ts";
import { leaveGracefully } from "./leaving.ts";
import type { SerfOptions } from "./options.ts";
import { assemble, type Parts } from "./parts.ts";
import { Upkeep } from "./upkeep.ts";

type Stage = "alive" | "leaving" | "left" | "closed";

/**
 * Serf's layer: who of those that the membership knows meant to go, what users tell all, questions to all, tags, keys and
 * places. `attach` comes before everything else, `start` when the membership has started.
 */
export class Serf implements SwimDelegate {
  readonly #options: SerfOptions;
  readonly #parts: Parts;
  #swim: SwimPort | undefined;
  #upkeep: Upkeep | undefined;
  #stage: Stage = "alive";
  #tags: Tags;

  constructor(options: SerfOptions) {
    this.#options = options;
    this.#tags = options.tags;
    this.#parts = assemble(options, {
      swim: () => this.#port,
      tags: () => this.#tags,
      refute: () => this.#announceJoin(),
    });
  }

  attach(swim: SwimPort): void {
    this.#swim = swim;
  }

  /** This member is in its own list from now on. */
  start(): void {
    const { name, clock, random, log, meter, reconnectTimeoutMs, tombstoneTimeoutMs } = this.#options;
    const { members, outbox, keeper, memory } = this.#parts;
    const self = this.#port.member(name);
    assert(self !== undefined, "the membership knows this member");
    if (members.get(name) === undefined) members.joined(self);
    const upkeep = { members, outbox, swim: this.#port, reconnectTimeoutMs, tombstoneTimeoutMs };
    const giveUpUnheard = () => {
      memory.giveUp();
      keeper?.touch();
    };
    this.#upkeep = new Upkeep({ ...upkeep, giveUpUnheard, clock, random, log, meter });
    keeper?.touch();
  }

  /** Goes silent at once. What is to be kept is kept when this resolves. */
  async close(): Promise<void> {
    if (this.#stage === "closed") return;
    this.#stage = "closed";
    this.#upkeep?.close();
    this.#parts.members.close();
    this.#parts.conflicts.close();
    this.#parts.open.close();
    await this.#parts.keeper?.close();
  }

  // What those above ask for.

  /** Sorted by name. */
  members(): readonly PoolMember[] {
    return this.#parts.members.sorted();
  }

  member(name: string): PoolMember | undefined {
    return this.#parts.members.get(name);
  }

  self(): PoolMember {
    const self = this.member(this.#options.name);
    assert(self !== undefined, "this member is in its own list once it is started");
    return self;
  }

  /** Where the pool was before this start; any of them brings the others. Shuffled, so that not all ask the same one. */
  rejoinTargets(): readonly { readonly name: string; readonly at: Endpoint }[] {
    return this.#parts.memory.targets;
  }

  /**
   * Exchanges states with a peer and tells all that this member is there. Rejects with the reason of the membership. That
   * it resolves does not say that the peer has taken this member in.
   */
  async join(to: Endpoint, options: { ignoreOldEvents?: boolean } = {}): Promise<void> {
    if (this.#stage !== "alive") throw new Refusal("Serf can't Join after Leave or Shutdown");
    const ignoring = options.ignoreOldEvents === true ? this.#parts.exchange.ignoreEvents() : undefined;
    try {
      await this.#port.pushPull(to, true);
    } finally {
      ignoring?.stop();
    }
    if (this.#stage === "alive") this.#announceJoin();
  }

  /** Resolves when all others have had the time to hear of it. The second call changes nothing. */
  async leave(): Promise<void> {
    if (this.#stage !== "alive") return;
    this.#stage = "leaving";
    const { members, outbox, memberClock, keeper } = this.#parts;
    const { name, clock, log, leavePropagateDelayMs } = this.#options;
    members.isLeaving = true;
    const kept = keeper?.flush();
    const intent = { type: "leave", ltime: memberClock.stamp(), node: name, prune: false } as const;
    members.leaveIntent(intent);
    await leaveGracefully({
      swim: this.#port,
      announce: (onTold) => outbox.add("intent", encodeSerf(intent), onTold),
      hasPeers: this.#port.aliveCount > 1,
      propagateDelayMs: leavePropagateDelayMs,
      clock,
      log,
    });
    await kept;
    if (this.#stage === "leaving") this.#stage = "left";
  }

  /** A failed member becomes a left one, everywhere; with `prune` it is forgotten. False when nobody has that name. */
  forceLeave(node: string, prune: boolean): boolean {
    const { members, outbox, memberClock } = this.#parts;
    if (members.get(node) === undefined) return false;
    const intent = { type: "leave", ltime: memberClock.stamp(), node, prune } as const;
    this.#heed(members.leaveIntent(intent));
    outbox.add("intent", encodeSerf(intent));
    return true;
  }

  /** Throws a Refusal when they are too long to be told. */
  setTags(tags: Tags): void {
    this.#port.setMeta(metaOf(tags));
    this.#tags = tags;
  }

  userEvent(name: string, payload: Uint8Array, coalesce: boolean): void {
    this.#parts.events.send(name, payload, coalesce);
  }

  async query(name: string, payload: Uint8Array, options: QueryOptions = {}): Promise<void> {
    await this.#parts.queries.ask(name, payload, options).done;
  }

  get keys(): KeyManager {
    return this.#parts.keys;
  }

  coordinate(): Coordinate {
    return this.#parts.coordinates.own;
  }

  coordinateOf(name: string): Coordinate | undefined {
    return this.#parts.coordinates.of(name);
  }

  /** Serf's names and values. */
  stats(): Readonly<Record<string, string>> {
    const { members, outbox, memberClock, eventClock, queryClock, coordinates } = this.#parts;
    return {
      coordinate_resets: String(coordinates.resets),
      encrypted: String(this.#options.keyring !== undefined),
      event_queue: String(outbox.length("event")),
      event_time: String(eventClock.time),
      failed: String(members.count("failed")),
      health_score: String(this.#port.healthScore),
      intent_queue: String(outbox.length("intent")),
      left: String(members.count("left")),
      member_time: String(memberClock.time),
      members: String(members.size),
      query_queue: String(outbox.length("query")),
      query_time: String(queryClock.time),
    };
  }

  // What the membership tells.

  onJoin(member: SwimMember): void {
    const known = this.#parts.members.get(member.name);
    if (member.name === this.#options.name && known?.status === "alive") return;
    this.#parts.members.joined(member);
  }

  onLeave(member: SwimMember): void {
    this.#parts.members.gone(member);
  }

  onUpdate(member: SwimMember): void {
    this.#parts.members.updated(member);
  }

  onConflict(existing: SwimMember, other: Alive): void {
    this.#parts.conflicts.seen(existing, other);
  }

  refuseAlive(alive: Alive): string | undefined {
    return refusalOfAlive(alive, this.#options.refuse);
  }

  onPushed(nodes: readonly PushedNode[]): void {
    for (const { meta } of nodes) decodeTags(meta);
  }

  refuseMerge(nodes: readonly PushedNode[]): string | undefined {
    return refusalOfMerge(nodes, this.#options.refuse);
  }

  onUserMessage(payload: Uint8Array, from: Endpoint): void {
    if (this.#stage === "closed") return;
    this.#options.meter.sample("serf.msgs.received", payload.length);
    const message = this.#decode(payload, from.address);
    if (message !== undefined) this.#take(message, payload);
    this.#parts.keeper?.touch();
  }

  localState(): Uint8Array {
    return encodeSerf(this.#parts.exchange.state());
  }

  mergeState(state: Uint8Array, isJoin: boolean): void {
    // A peer without Serf's layer says nothing here.
    if (state.length === 0 || this.#stage === "closed") return;
    const message = this.#decode(state, "an exchange of states");
    if (message?.type === "pushPull") this.#parts.exchange.merge(message, isJoin);
    this.#parts.keeper?.touch();
  }

  broadcasts(overhead: number, budget: number): Uint8Array[] {
    return this.#parts.outbox.take(overhead, budget);
  }

  ackPayload(): Uint8Array {
    return this.#parts.coordinates.payload();
  }

  onAck(member: SwimMember, rttMs: number, payload: Uint8Array): void {
    this.#parts.coordinates.observe(member.name, rttMs, payload);
  }

  get #port(): SwimPort {
    assert(this.#swim !== undefined, "the membership is attached first");
    return this.#swim;
  }

  #decode(bytes: Uint8Array, from: string): SerfMessage | undefined {
    try {
      return decodeSerf(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.log.debug(`message of Serf can't be read: ${error.message}`, { from });
      return undefined;
    }
  }

  #take(message: SerfMessage, bytes: Uint8Array): void {
    const { members, outbox, events, queries, open, replies } = this.#parts;
    switch (message.type) {
      case "join":
        if (members.joinIntent(message) === "new") outbox.add("intent", bytes);
        break;
      case "leave":
        if (this.#heed(members.leaveIntent(message)) === "new") outbox.add("intent", bytes);
        break;
      case "userEvent":
        events.receive(message, bytes);
        break;
      case "query":
        queries.receive(message, bytes);
        break;
      case "queryResponse":
        open.receive(message);
        break;
      case "relay":
        replies.relay(message);
        break;
      default:
        this.#options.log.debug(`message ${message.type} of Serf has no place here`);
    }
  }

  #heed<T extends string>(outcome: T): T {
    if (outcome === "refute") {
      this.#options.log.debug("refuting an older leave intent");
      this.#announceJoin();
    }
    return outcome;
  }

  #announceJoin(): void {
    const { members, outbox, memberClock } = this.#parts;
    const intent = { type: "join", ltime: memberClock.stamp(), node: this.#options.name } as const;
    members.joinIntent(intent);
    outbox.add("intent", encodeSerf(intent));
  }
}

/** The meta that holds these tags. Throws a Refusal when no member would take it. */
export function metaOf(tags: Tags): Uint8Array {
  const meta = encodeTags(tags);
  if (meta.length > META_BYTES_MAX)
    throw new Refusal(`Encoded length of tags exceeds limit of ${META_BYTES_MAX} bytes`);
  return meta;
}
