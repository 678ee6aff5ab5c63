import type { Timer } from "../../ports/clock.ts";
import type { Endpoint, IndirectPing } from "../messages.ts";
import type { Acks } from "./acks.ts";
import type { Context } from "./context.ts";
import type { Gossiper } from "./gossiper.ts";
import { NAME_LENGTH_MAX, RELAYS_PER_SECOND_MAX } from "./limits.ts";
import { RateLimit } from "./rate-limit.ts";

const NO_PAYLOAD = new Uint8Array(0);

/** Pings on behalf of others, and tells them whether an answer came. */
export class Relay {
  readonly #context: Context;
  readonly #acks: Acks;
  readonly #gossiper: Gossiper;
  /** Of the pings that are not answered yet, by their numbers. */
  readonly #timers = new Map<number, Timer>();
  readonly #limit: RateLimit;

  constructor(context: Context, acks: Acks, gossiper: Gossiper) {
    this.#context = context;
    this.#acks = acks;
    this.#gossiper = gossiper;
    this.#limit = new RateLimit(context.clock, RELAYS_PER_SECOND_MAX);
  }

  close(): void {
    for (const [seqNo, timer] of this.#timers) {
      timer.cancel();
      this.#acks.forget(seqNo);
    }
    this.#timers.clear();
  }

  /** What is over the limit is left: who asked has asked others, too. */
  onRequest(from: Endpoint, request: IndirectPing) {
    const { name, at, clock, timing, meter } = this.#context;
    const isTooMuch = request.node.length > NAME_LENGTH_MAX || !this.#limit.take();
    if (isTooMuch) return meter.count("memberlist.relay.dropped");
    const asker = request.source ?? from;
    const seqNo = this.#acks.expect({
      onAck: () => {
        this.#end(seqNo);
        this.#gossiper.send(asker, { type: "ack", seqNo: request.seqNo, payload: NO_PAYLOAD });
      },
      onNack: () => undefined,
    });
    const target = request.target.port === 0 ? { ...request.target, port: at.port } : request.target;
    const onSilence = () => {
      this.#end(seqNo);
      if (request.wantsNack) this.#gossiper.send(asker, { type: "nack", seqNo: request.seqNo });
    };
    this.#timers.set(seqNo, clock.after(timing.probeTimeoutMs, onSilence));
    this.#gossiper.send(target, { type: "ping", seqNo, node: request.node, source: at, sourceNode: name });
  }

  #end(seqNo: number): void {
    this.#timers.get(seqNo)?.cancel();
    this.#timers.delete(seqNo);
    this.#acks.forget(seqNo);
  }
}
