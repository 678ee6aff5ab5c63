import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Random } from "../../ports/random.ts";
import type { Endpoint, PacketMessage, Ping, PushedNode, PushPull, Versions } from "../messages.ts";
import type { Timing } from "../timing.ts";
import type { Receiver, Transport } from "../transport.ts";
import { Acks } from "./acks.ts";
import { Awareness } from "./awareness.ts";
import type { Context } from "./context.ts";
import type { SwimDelegate, SwimMember, SwimPort } from "./delegate.ts";
import { Gossiper } from "./gossiper.ts";
import { Membership } from "./membership.ts";
import { Prober } from "./prober.ts";
import { Relay } from "./relay.ts";
import { MemberRoster, type Roster } from "./roster.ts";
import { StallClock } from "./stall-clock.ts";
import { Syncer } from "./syncer.ts";

export interface SwimOptions {
  /** Of this member. */
  readonly name: string;
  /** Where the others reach it; the address written as packets are decoded. */
  readonly at: Endpoint;
  readonly meta: Uint8Array;
  readonly versions: Versions;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly delegate: SwimDelegate;
  readonly log: Logger;
  readonly meter: Meter;
  /** Where members are kept; an empty one of its own when there is none. */
  readonly roster?: Roster;
}

/** One member of a pool: SWIM with Lifeguard's extensions, as memberlist speaks it. */
export class Swim implements SwimPort, Receiver {
  readonly #context: Context;
  readonly #acks: Acks;
  readonly #awareness: Awareness;
  readonly #gossiper: Gossiper;
  readonly #membership: Membership;
  readonly #prober: Prober;
  readonly #relay: Relay;
  readonly #syncer: Syncer;
  #leaving: Promise<void> | undefined;
  #isClosed = false;

  constructor({ meta, versions, roster, ...parts }: SwimOptions) {
    const context = {
      ...parts,
      roster: roster ?? new MemberRoster(parts.random),
      clock: new StallClock(parts.clock, parts.timing.probeTimeoutMs),
    };
    this.#context = context;
    this.#acks = new Acks(parts.random);
    this.#awareness = new Awareness(parts.timing.awarenessMax, (score) => {
      parts.meter.gauge("memberlist.health.score", score);
    });
    this.#gossiper = new Gossiper(context);
    this.#membership = new Membership(context, this.#gossiper, this.#awareness, meta, versions);
    const probing = { context, acks: this.#acks, gossiper: this.#gossiper, awareness: this.#awareness };
    this.#prober = new Prober(probing, this.#membership);
    this.#relay = new Relay(context, this.#acks, this.#gossiper);
    this.#syncer = new Syncer(context, this.#membership);
  }

  get name(): string {
    return this.#context.name;
  }

  get size(): number {
    return this.#context.roster.size;
  }

  get aliveCount(): number {
    return this.#context.roster.aliveCount;
  }

  get healthScore(): number {
    return this.#awareness.score;
  }

  members(): Iterable<SwimMember> {
    return this.#context.roster.members();
  }

  member(name: string): SwimMember | undefined {
    return this.#context.roster.get(name);
  }

  /** From now on it probes, gossips and exchanges states. The delegate hears of this member as the first. */
  start(): void {
    this.#context.delegate.onJoin(this.#membership.self);
    this.#membership.announceSelf();
    this.#gossiper.start();
    this.#prober.start();
    this.#syncer.start();
  }

  /** Falls silent; what still comes is ignored. Nobody is told: that is `leave`. */
  close(): void {
    this.#isClosed = true;
    this.#prober.close();
    this.#relay.close();
    this.#syncer.close();
    this.#gossiper.close();
    this.#membership.close();
  }

  send(to: Endpoint, payload: Uint8Array, withCrc: boolean): void {
    if (!this.#isClosed) this.#gossiper.send(to, { type: "user", payload }, withCrc);
  }

  pushPull(to: Endpoint, isJoin: boolean): Promise<void> {
    return this.#syncer.pushPull(to, isJoin);
  }

  leave(timeoutMs: number): Promise<void> {
    this.#leaving ??= new Promise((resolve) => {
      const hasOthers = this.aliveCount > 1;
      const timer = this.#context.clock.after(timeoutMs, resolve);
      const onTold = () => {
        timer.cancel();
        resolve();
      };
      this.#membership.leave(onTold);
      if (!hasOthers) onTold();
    });
    return this.#leaving;
  }

  setMeta(meta: Uint8Array): void {
    this.#membership.setMeta(meta);
  }

  wake(): void {
    this.#gossiper.wake();
  }

  onMessage(from: Endpoint, message: PacketMessage) {
    if (this.#isClosed) return;
    switch (message.type) {
      case "ping":
        return this.#answer(from, message);
      case "indirectPing":
        return this.#relay.onRequest(from, message);
      case "ack":
        return this.#acks.onAck(message.seqNo, message.payload);
      case "nack":
        return this.#acks.onNack(message.seqNo);
      case "alive":
        return this.#membership.alive(message);
      case "suspect":
        this.#membership.remind(from, message);
        return this.#membership.suspect(message);
      case "dead":
        this.#membership.remind(from, message);
        return this.#membership.dead(message);
      case "user":
        return this.#context.delegate.onUserMessage(message.payload, from);
    }
  }

  refuseJoin(nodes: readonly PushedNode[]): Promise<string | undefined> {
    return this.#syncer.refuseJoin(nodes);
  }

  onPushPull(from: Endpoint, remote: PushPull): PushPull {
    return this.#syncer.onPushPull(from, remote);
  }

  onReliable(from: Endpoint, payload: Uint8Array): void {
    if (!this.#isClosed) this.#context.delegate.onUserMessage(payload, from);
  }

  /** Only for this member: whoever has its address now must not answer for who had it before. */
  #answer(from: Endpoint, { seqNo, node, source }: Ping) {
    const { name, delegate, meter } = this.#context;
    if (node !== "" && node !== name) return meter.count("memberlist.ping.misdirected");
    this.#gossiper.send(source ?? from, { type: "ack", seqNo, payload: delegate.ackPayload() });
  }
}
