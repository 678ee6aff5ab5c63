import type { Endpoint } from "../../../src/gossip/messages.ts";
import { BroadcastQueue } from "../../../src/gossip/swim/broadcast-queue.ts";
import type { SwimDelegate, SwimMember, SwimPort } from "../../../src/gossip/swim/delegate.ts";
import { encodeMessage } from "../../../src/gossip/wire/encode.ts";

/** As much as a coordinate has. */
const ACK_PAYLOAD = new Uint8Array(120);
const NO_STATE = new Uint8Array(0);
const EVENT_BYTES = 100;
const EVENTS_MAX = 1024;
const NO_EVENTS: ReadonlySet<number> = new Set();

/** What a run wants to know of the layer above. */
export interface LayerEvents {
  onEvent(id: number): void;
  onGone(member: SwimMember): void;
  onJoined(member: SwimMember): void;
}

/** The layer above the membership, as far as it matters here: events for everybody, and who has failed and may come back. */
export class Layer implements SwimDelegate {
  readonly #events: LayerEvents;
  readonly #retransmitMult: number;
  #swim: SwimPort | undefined;
  #queue: BroadcastQueue | undefined;
  #seen: Set<number> | undefined;
  #failed: Map<string, Endpoint> | undefined;

  /** `remembered`: where the members were in an earlier life. */
  constructor(retransmitMult: number, events: LayerEvents, remembered?: Map<string, Endpoint>) {
    this.#retransmitMult = retransmitMult;
    this.#events = events;
    this.#failed = remembered;
  }

  attach(swim: SwimPort): void {
    this.#swim = swim;
  }

  get seen(): ReadonlySet<number> {
    return this.#seen ?? NO_EVENTS;
  }

  /** Where those were who are dead, or were there before, and have not come back. */
  get failed(): readonly Endpoint[] {
    return [...(this.#failed?.values() ?? [])];
  }

  /** Tells all. */
  event(id: number): void {
    this.#seen ??= new Set();
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const payload = new Uint8Array(EVENT_BYTES);
    new DataView(payload.buffer).setUint32(0, id);
    this.#tell(encodeMessage({ type: "user", payload }));
    this.#events.onEvent(id);
  }

  onJoin(member: SwimMember): void {
    this.#failed?.delete(member.name);
    this.#events.onJoined(member);
  }
  onLeave(member: SwimMember): void {
    this.#failed ??= new Map();
    if (member.state === "dead") this.#failed.set(member.name, member.at);
    this.#events.onGone(member);
  }
  onUpdate(): void {
    // Tags are looked up when they are wanted.
  }
  onConflict(): void {
    // Whoever comes back elsewhere waits until its old address is dead.
  }
  refuseAlive(): undefined {
    return undefined;
  }
  refuseMerge(): undefined {
    return undefined;
  }
  onUserMessage(payload: Uint8Array): void {
    this.event(new DataView(payload.buffer, payload.byteOffset).getUint32(0));
  }
  localState(): Uint8Array {
    return NO_STATE;
  }
  mergeState(): void {
    // There is none.
  }
  broadcasts(overhead: number, budget: number): Uint8Array[] {
    return this.#queue?.take(overhead, budget) ?? [];
  }
  ackPayload(): Uint8Array {
    return ACK_PAYLOAD;
  }
  onAck(): void {
    // Nobody asks for distances.
  }

  #tell(message: Uint8Array): void {
    const swim = this.#swim;
    if (swim === undefined) return;
    this.#queue ??= new BroadcastQueue({
      retransmitMult: this.#retransmitMult,
      size: () => swim.size,
      lengthMax: EVENTS_MAX,
    });
    this.#queue.add(message);
    swim.wake();
  }
}
