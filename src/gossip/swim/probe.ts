import type { Timer } from "../../ports/clock.ts";
import type { Ping } from "../messages.ts";
import type { Acks } from "./acks.ts";
import type { Awareness } from "./awareness.ts";
import type { Context } from "./context.ts";
import type { SwimMember } from "./delegate.ts";
import { checksSum, type Gossiper } from "./gossiper.ts";

/** From these versions on a member answers pings over a stream, and says when one on behalf of another failed. */
const STREAM_PING_PROTOCOL = 3;
const NACK_PROTOCOL = 4;

export interface ProbeParts {
  readonly context: Context;
  readonly acks: Acks;
  readonly gossiper: Gossiper;
  readonly awareness: Awareness;
}

/** One look whether a member answers: directly, then through others and over a stream. */
export class Probe {
  readonly #parts: ProbeParts;
  readonly #target: SwimMember;
  readonly #onEnd: (hasAnswered: boolean) => void;
  readonly #seqNo: number;
  readonly #sentMs: number;
  readonly #intervalMs: number;
  /** Until the direct answer is late. */
  readonly #timeout: Timer;
  /** Until no answer counts any more; undefined while only the direct one is awaited. */
  #deadline: Timer | undefined;
  #nacksWanted = 0;
  #nacks = 0;
  #hasStreamContact = false;

  /** Begins at once; `onEnd` is told whether the member has answered, and never called after `cancel`. */
  constructor(parts: ProbeParts, target: SwimMember, onEnd: (hasAnswered: boolean) => void) {
    this.#parts = parts;
    this.#target = target;
    this.#onEnd = onEnd;
    const { context, acks, awareness } = parts;
    const { clock, timing, meter } = context;
    this.#intervalMs = awareness.scaledMs(timing.probeIntervalMs);
    if (awareness.score > 0) meter.count("memberlist.degraded.probe");
    this.#seqNo = acks.expect({ onAck: (payload) => this.#onAck(payload), onNack: () => this.#nacks++ });
    this.#sentMs = clock.monotonicMs();
    this.#timeout = clock.after(timing.probeTimeoutMs, () => this.#askOthers());
    this.#sendPing();
  }

  cancel(): void {
    this.#parts.acks.forget(this.#seqNo);
    this.#timeout.cancel();
    this.#deadline?.cancel();
  }

  get #ping(): Ping {
    const { name, at } = this.#parts.context;
    return { type: "ping", seqNo: this.#seqNo, node: this.#target.name, source: at, sourceNode: name };
  }

  /** A suspect is told so in the same packet, so that it refutes at once (Lifeguard's buddy system). */
  #sendPing() {
    const { context, gossiper } = this.#parts;
    const { name, at, incarnation, state } = this.#target;
    if (state === "alive") return gossiper.send(at, this.#ping);
    const suspect = { type: "suspect", incarnation, node: name, from: context.name } as const;
    gossiper.sendAlone(at, [this.#ping, suspect], checksSum(this.#target));
  }

  #onAck(payload: Uint8Array): void {
    const { clock, delegate } = this.#parts.context;
    // Once others are asked, an answer may be theirs: it has taken a longer way, and has no payload.
    if (this.#deadline === undefined) delegate.onAck(this.#target, clock.monotonicMs() - this.#sentMs, payload);
    this.#end(true);
  }

  /** The direct answer is late. The rest of the interval is for the answers that come by other ways. */
  #askOthers(): void {
    const { context, gossiper } = this.#parts;
    const { name, at, roster, clock, timing, transport } = context;
    const target = this.#target;
    const leftMs = Math.max(0, this.#intervalMs - timing.probeTimeoutMs);
    this.#deadline = clock.after(leftMs, () => this.#onDue());
    const isHelpful = (member: SwimMember) =>
      member.state === "alive" && member.name !== name && member.name !== target.name;
    for (const peer of roster.pick(timing.indirectChecks, isHelpful)) {
      const wantsNack = peer.versions.protocolMax >= NACK_PROTOCOL;
      if (wantsNack) this.#nacksWanted++;
      const { seqNo, node, source, sourceNode } = { ...this.#ping, source: at, sourceNode: name };
      gossiper.send(peer.at, { type: "indirectPing", seqNo, target: target.at, node, wantsNack, source, sourceNode });
    }
    if (target.versions.protocolMax < STREAM_PING_PROTOCOL) return;
    void transport.pingReliably(target.at, this.#ping, leftMs).then((hasAnswered) => {
      this.#hasStreamContact = hasAnswered;
    });
  }

  /** An answer that came while this process stood still lies in the socket: there is some more time to read it. */
  #onDue() {
    const { clock, timing } = this.#parts.context;
    if (clock.wentOnMs <= this.#sentMs) return this.#onSilence();
    this.#deadline = clock.after(timing.probeTimeoutMs, () => this.#onSilence());
  }

  #onSilence(): void {
    const { log } = this.#parts.context;
    if (this.#hasStreamContact) {
      log.warn("a member answers over TCP but not over UDP: look at the firewall between", {
        member: this.#target.name,
        at: this.#target.at.address,
      });
    }
    this.#end(this.#hasStreamContact);
  }

  #end(hasAnswered: boolean): void {
    this.cancel();
    const { awareness } = this.#parts;
    if (hasAnswered) awareness.apply(-1);
    // Who was asked and said nothing, not even that the target is silent, tells that the fault may be here.
    else if (this.#nacksWanted > 0) awareness.apply(Math.max(0, this.#nacksWanted - this.#nacks));
    else awareness.apply(1);
    this.#onEnd(hasAnswered);
  }
}
