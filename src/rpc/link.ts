import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { StreamConnection, StreamHandlers } from "../ports/stream.ts";
import type { Message } from "../raft/core/messages.ts";
import { IncomingCalls, LINK_CALLS, type Methods, OutgoingCalls } from "./calls.ts";
import { Channel } from "./channel.ts";
import { NotSent } from "./errors.ts";
import { type FrameKind, KINDS, type Lane } from "./frame.ts";
import {
  decodeIntroduction,
  decodeRefused,
  encodeIntroduction,
  encodeRefused,
  type Introduction,
  type Refused,
  versionConflict,
} from "./hello.ts";
import type { LaneLimits } from "./outbox.ts";
import { decodeMessage, encodeMessage } from "./raft-message.ts";
import type { Peer, Wire } from "./types.ts";

/** A connection must be a link after this. */
export const HANDSHAKE_TIMEOUT_MS = 5000;
/** What another took the place of may go on for so long. */
const RETIRE_MS = 1000;

export type Side = "dialler" | "acceptor";

/** Why a link ended: one side refused the other, or it was closed or lost, with the cause. */
export type Ending =
  | { kind: "refused"; by: "us" | "peer"; refused: Refused }
  /** `isFault`: the other end sent what no server sends. */
  | { kind: "closed"; why: string; isFault: boolean };

/** Who owns the links and knows all of them. */
export interface LinkHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly methods: Methods;
  readonly laneLimits: Readonly<Record<Lane, LaneLimits>>;
  /** Of this server. */
  readonly nodeId: string;
  introduction(): Introduction;
  /** Whether the other server is refused; asked at its hello, and by the acceptor again when it is ready. */
  judge(link: Link, other: Introduction): Refused | undefined;
  onUp(link: Link): void;
  /** The peer says something else of itself than before. */
  onHello(link: Link): void;
  onMessage(message: Message): void;
  /** Once, and at once: nothing of this link comes after. */
  onEnded(link: Link, ending: Ending): void;
}

/**
 * One connection between two servers. The dialler says hello, the acceptor too, and the dialler that it is ready; either
 * may refuse instead. So the dialler has the last word, and only then is the link up and anything else sent.
 */
export class Link implements StreamHandlers {
  readonly side: Side;
  readonly #host: LinkHost;
  readonly #channel: Channel;
  readonly #outgoing: OutgoingCalls;
  readonly #incoming: IncomingCalls;
  #state: "greeting" | "up" | "ended" = "greeting";
  #introduction: Introduction | undefined;
  /** Ours, as the peer knows it. */
  #told = "";
  #timer: Timer;

  constructor(host: LinkHost, connection: StreamConnection, side: Side) {
    const { clock, logger, methods } = host;
    this.#host = host;
    this.side = side;
    this.#channel = new Channel(connection, clock, host.laneLimits, {
      bytesMaxOf: (kind) => (this.#state === "up" || GREETINGS.includes(kind) ? KINDS[kind].bytesMax : 0),
      onFrame: (kind, payload) => this.#onFrame(kind, payload),
      onFault: (why) => this.#fault(why),
    });
    const { outbox } = this.#channel;
    this.#outgoing = new OutgoingCalls(outbox, clock, LINK_CALLS);
    this.#incoming = new IncomingCalls(outbox, LINK_CALLS, { clock, logger, methods, from: () => this.peer() });
    this.#timer = clock.after(HANDSHAKE_TIMEOUT_MS, () => this.close("the handshake took too long"));
    if (side === "dialler") this.#tell(host.introduction());
  }

  get remote(): string {
    return this.#channel.remote;
  }

  /** Resolves when the connection is gone. */
  get gone(): Promise<void> {
    return this.#channel.gone;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  /** Undefined until it said hello. */
  get introduction(): Introduction | undefined {
    return this.#introduction;
  }

  /** When bytes came last, on the monotonic clock. */
  get heardMs(): number {
    return this.#channel.heardMs;
  }

  peer(): Peer {
    if (this.#introduction === undefined) throw new Error("the other server has not said hello yet");
    return { hello: this.#introduction.hello, isConnected: this.isUp, heardMs: this.heardMs };
  }

  /** False when it is lost for sure. */
  send(message: Message): boolean {
    return this.isUp && this.#channel.outbox.offer(message.type, encodeMessage(message)) !== undefined;
  }

  async call(method: string, argument: Wire, options: { timeoutMs: number; signal?: AbortSignal }): Promise<Wire> {
    if (!this.isUp) throw new NotSent(`call of ${method}: the connection is closed`);
    return await this.#outgoing.call(method, argument, options);
  }

  /** Tells the peer what this server says of itself, if that is not what it was told before. */
  tellHello(): void {
    if (this.isUp) this.#tell(this.#host.introduction());
  }

  ping(): void {
    if (this.isUp) this.#channel.outbox.ping();
  }

  /** Another link took its place: the peer will close this one, and say whether it ever used it. */
  retire(): void {
    this.#timer.cancel();
    this.#timer = this.#host.clock.after(RETIRE_MS, () => this.close("replaced by another connection"));
  }

  /** Sends what may still go, and closes. */
  close(why: string): void {
    this.#end({ kind: "closed", why, isFault: false });
  }

  refuse(refused: Refused): void {
    if (this.#state === "ended") return;
    this.#channel.outbox.offer("refuse", encodeRefused(refused));
    this.#end({ kind: "refused", by: "us", refused });
  }

  onData(bytes: Buffer): void {
    this.#channel.onData(bytes);
  }

  onDrain(): void {
    this.#channel.onDrain();
  }

  onClose(error?: Error): void {
    this.#end({ kind: "closed", why: error?.message ?? "the other end closed it", isFault: false });
    this.#channel.onClose();
  }

  /** False when the rest of what came is of no interest. */
  #onFrame(kind: FrameKind, payload: Buffer): boolean {
    const isValid = this.#state === "up" ? this.#onUpFrame(kind, payload) : this.#onGreeting(kind, payload);
    if (!isValid) this.#fault(`${this.#state === "greeting" ? "unexpected or " : ""}malformed ${kind}`);
    return this.#state !== "ended";
  }

  #onGreeting(kind: FrameKind, payload: Buffer): boolean {
    if (kind === "hello" && this.#introduction === undefined) return this.#onFirstHello(payload);
    if (kind === "refuse") return this.#onRefuse(payload);
    if (kind !== "ready" || this.side === "dialler" || this.#introduction === undefined) return false;
    const refused = this.#host.judge(this, this.#introduction);
    if (refused === undefined) this.#up();
    else this.refuse(refused);
    return true;
  }

  #onFirstHello(payload: Buffer): boolean {
    const own = this.#host.introduction();
    const other = decodeIntroduction(payload);
    if (other === undefined) return false;
    if ("protocol" in other) {
      this.refuse(versionConflict(own, other.protocol));
      return true;
    }
    this.#introduction = other;
    const refused = this.#host.judge(this, other);
    if (refused !== undefined) this.refuse(refused);
    else if (this.side === "acceptor") this.#tell(own);
    else {
      this.#channel.outbox.offer("ready", Buffer.alloc(0));
      this.#up();
    }
    return true;
  }

  #up(): void {
    this.#timer.cancel();
    this.#state = "up";
    this.#host.onUp(this);
    this.tellHello();
  }

  #onRefuse(payload: Buffer): boolean {
    const refused = decodeRefused(payload);
    if (refused !== undefined) this.#end({ kind: "refused", by: "peer", refused });
    return refused !== undefined;
  }

  #onUpFrame(kind: FrameKind, payload: Buffer): boolean {
    switch (kind) {
      case "hello":
        return this.#onLaterHello(payload);
      case "refuse":
        return this.#onRefuse(payload);
      case "ready":
        return false;
      case "ping":
      case "pong":
        return this.#channel.onSign(kind, payload);
      case "call":
        return this.#incoming.onCall(payload);
      case "cancel":
        return this.#incoming.onCancel(payload);
      case "answer":
        return this.#outgoing.onAnswer(payload);
      case "failure":
        return this.#outgoing.onFailure(payload);
      default:
        return this.#onMessage(kind, payload);
    }
  }

  #onMessage(kind: Message["type"], payload: Buffer): boolean {
    const from = this.#introduction?.hello.nodeId ?? "";
    const message = decodeMessage(kind, payload, from, this.#host.nodeId);
    if (message !== undefined) this.#host.onMessage(message);
    return message !== undefined;
  }

  #onLaterHello(payload: Buffer): boolean {
    const other = decodeIntroduction(payload);
    const before = this.#introduction;
    if (other === undefined || "protocol" in other || before === undefined) return false;
    if (other.hello.nodeId !== before.hello.nodeId || other.instance !== before.instance) return false;
    this.#introduction = other;
    this.#host.onHello(this);
    return true;
  }

  #tell(introduction: Introduction): void {
    const bytes = encodeIntroduction(introduction);
    const text = bytes.toString();
    if (text === this.#told) return;
    this.#told = text;
    this.#channel.outbox.offer("hello", bytes);
  }

  #fault(why: string): void {
    this.#end({ kind: "closed", why, isFault: true });
  }

  #end(ending: Ending): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#timer.cancel();
    this.#channel.end();
    const why = ending.kind === "closed" ? ending.why : ending.refused.text;
    // Who refuses a second connection has not executed anything that came over it.
    const wasUnused = ending.kind === "refused" && ending.by === "peer" && ending.refused.code === "duplicate";
    this.#outgoing.close(why, wasUnused);
    this.#incoming.close();
    this.#host.onEnded(this, ending);
  }
}

/** What a link takes before it is up. */
const GREETINGS: readonly FrameKind[] = ["hello", "ready", "refuse"];
