import type { Timer } from "../../ports/clock.ts";
import type { Alive, Dead, Endpoint, PacketMessage, Suspect } from "../messages.ts";
import { PART_BYTES } from "../transport.ts";
import { encodeMessage } from "../wire/encode.ts";
import { BroadcastQueue } from "./broadcast-queue.ts";
import type { Context } from "./context.ts";
import type { SwimMember } from "./delegate.ts";
import { MEMBERS_MAX } from "./limits.ts";
import { isGone } from "./roster.ts";

/** From this version on a member checks the sum of a packet. */
const CRC_PROTOCOL = 5;

export function checksSum({ versions }: SwimMember): boolean {
  return versions.protocolMax >= CRC_PROTOCOL;
}

/** Sends what waits for everybody: to some random members at each tick, and with whatever goes to one. */
export class Gossiper {
  readonly #context: Context;
  readonly #queue: BroadcastQueue;
  /** Ticks of different members fall apart. */
  readonly #phaseMs: number;
  #timer: Timer | undefined;
  #isRunning = false;
  /** Since the last tick began. */
  #isAwake = false;

  constructor(context: Context) {
    const { roster, timing, random } = context;
    this.#context = context;
    this.#queue = new BroadcastQueue({
      retransmitMult: timing.retransmitMult,
      size: () => roster.size,
      lengthMax: MEMBERS_MAX,
    });
    this.#phaseMs = random.float() * timing.gossipIntervalMs;
  }

  /** Messages about members that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  start(): void {
    this.#isRunning = true;
    this.wake();
  }

  close(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Tells all; an older message about the same member is not sent any more. */
  announce(message: Alive | Suspect | Dead, onDone?: () => void): void {
    this.#queue.add(encodeMessage(message), message.node, onDone);
    this.wake();
  }

  /** Something waits: there is a next tick. */
  wake(): void {
    this.#isAwake = true;
    if (!this.#isRunning || this.#timer !== undefined) return;
    const { clock, timing } = this.#context;
    this.#wait(timing.gossipIntervalMs - ((clock.monotonicMs() - this.#phaseMs) % timing.gossipIntervalMs));
  }

  #wait(delayMs: number): void {
    const { clock, timing } = this.#context;
    this.#timer = clock.after(delayMs, () => {
      this.#isAwake = false;
      const isMore = this.#tick() || this.#isAwake;
      this.#timer = undefined;
      if (isMore && this.#isRunning) this.#wait(timing.gossipIntervalMs);
    });
  }

  /** To one member, with as much of what waits as there is room for. */
  send(to: Endpoint, message: PacketMessage, withCrc = false): void {
    const part = encodeMessage(message);
    const { transport } = this.#context;
    const left = transport.packetBudget() - part.length - PART_BYTES;
    transport.send(to, [part, ...this.#take(left)], withCrc);
  }

  /** To one member, and nothing with it. */
  sendAlone(to: Endpoint, messages: readonly PacketMessage[], withCrc: boolean): void {
    this.#context.transport.send(to, messages.map(encodeMessage), withCrc);
  }

  /** False when nothing is left to send, or nobody to send to. */
  #tick(): boolean {
    const { roster, timing, transport } = this.#context;
    const peers = roster.pick(timing.gossipNodes, (member) => this.#isListening(member));
    for (const peer of peers) {
      const parts = this.#take(transport.packetBudget());
      if (parts.length === 0) return false;
      transport.send(peer.at, parts, checksSum(peer));
    }
    return peers.length > 0;
  }

  /**
   * Who is gone hears for a while that it is, so that it can say that it is not: it may have come back under its name, before
   * all have forgotten its earlier life (memberlist leaves those out who have left).
   */
  #isListening(member: SwimMember): boolean {
    const { name: own, clock, timing } = this.#context;
    if (member.name === own) return false;
    return !isGone(member) || clock.monotonicMs() - member.changedMs <= timing.gossipToTheDeadMs;
  }

  #take(budget: number): Uint8Array[] {
    const own = this.#queue.take(PART_BYTES, budget);
    const left = own.reduce((rest, { length }) => rest - length - PART_BYTES, budget);
    if (left <= PART_BYTES) return own;
    return [...own, ...this.#context.delegate.broadcasts(PART_BYTES, left)];
  }
}
