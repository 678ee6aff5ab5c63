import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { StreamConnection, StreamHandlers } from "../ports/stream.ts";
import { IncomingCalls, type Methods } from "./calls.ts";
import { Channel } from "./channel.ts";
import type { FrameKind } from "./frame.ts";
import {
  decodeGuestHello,
  encodeGuestHello,
  encodeGuestRefused,
  GUEST_CALL_BYTES_MAX,
  GUEST_CALLS,
  GUEST_LANES,
  type GuestHello,
  type GuestRefused,
  type ServerHello,
  versionsDiffer,
} from "./guest-hello.ts";
import { Room } from "./room.ts";

const KIB = 1024;
const HANDSHAKE_TIMEOUT_MS = 5000;
const SMALL_BYTES_MAX = 4 * KIB;
/** What may wait to go out to one guest before further answers are made, and what one of them may have. */
const ROOM_BYTES_MAX = 4 * KIB * KIB;
export const GUEST_ANSWER_BYTES_MAX = 512 * KIB;

/** Who calls: a node that has a connection for calls only. */
export interface Guest {
  readonly hello: GuestHello;
  /** Aborted when its connection is gone: what it began by calls is over. */
  readonly gone: AbortSignal;
  /** To be awaited before an answer of more than some kilobytes is made; undefined when it may be made at once. */
  room(): Promise<void> | undefined;
}

/** Who owns the connections of guests and knows all of them. */
export interface GuestHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly methods: Methods<Guest>;
  /** Of all guests together. */
  readonly load: { served: number };
  hello(): ServerHello;
  /** Whether a guest is refused, at its hello. */
  judge(guest: GuestHello): GuestRefused | undefined;
  /** Why no call of the method is taken now. */
  refuse(method: string): string | undefined;
  onUp(link: GuestLink): void;
  /** Once, with what is to be logged: `isFault` when it sent what no guest sends. */
  onEnded(link: GuestLink, ending: { why: string; isFault: boolean }): void;
}

/** The server's end of a guest's connection: one hello each, and then calls of the guest. */
export class GuestLink implements StreamHandlers, Guest {
  readonly #host: GuestHost;
  readonly #channel: Channel;
  readonly #incoming: IncomingCalls<Guest>;
  readonly #room: Room;
  readonly #gone = new AbortController();
  readonly #handshake: Timer;
  #hello: GuestHello | undefined;
  #isEnded = false;

  constructor(host: GuestHost, connection: StreamConnection) {
    const { clock, logger, methods, load } = host;
    this.#host = host;
    this.#channel = new Channel(connection, clock, GUEST_LANES, {
      bytesMaxOf: (kind) => this.#bytesMaxOf(kind),
      onFrame: (kind, payload) => this.#onFrame(kind, payload),
      onFault: (why) => this.#end(why, true),
      onSent: () => this.#room.look(),
    });
    const { outbox } = this.#channel;
    this.#room = new Room({
      bytesMax: ROOM_BYTES_MAX,
      answerBytesMax: GUEST_ANSWER_BYTES_MAX,
      waitingBytes: () => outbox.waitingBytes,
    });
    const port = {
      offer: (kind: FrameKind, payload: Uint8Array) => {
        const queued = outbox.offer(kind, payload);
        this.#room.leave();
        return queued;
      },
      withdraw: outbox.withdraw.bind(outbox),
    };
    const refuse = (method: string) => host.refuse(method);
    const serving = { clock, logger, methods, load, refuse, from: (): Guest => this };
    this.#incoming = new IncomingCalls(port, GUEST_CALLS, serving);
    this.#handshake = clock.after(HANDSHAKE_TIMEOUT_MS, () => this.close("the handshake took too long"));
  }

  get isUp(): boolean {
    return this.#hello !== undefined && !this.#isEnded;
  }

  get hello(): GuestHello {
    if (this.#hello === undefined) throw new Error("the guest has not said hello yet");
    return this.#hello;
  }

  get remote(): string {
    return this.#channel.remote;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get heardMs(): number {
    return this.#channel.heardMs;
  }

  get waitingBytes(): number {
    return this.#channel.outbox.waitingBytes;
  }

  /** Resolves when the connection is gone. */
  get closed(): Promise<void> {
    return this.#channel.gone;
  }

  room(): Promise<void> | undefined {
    return this.#room.enter();
  }

  /** Gives memory back that is not in use now. */
  rest(): void {
    this.#channel.rest();
  }

  close(why: string): void {
    this.#end(why, false);
  }

  onData(bytes: Buffer): void {
    this.#channel.onData(bytes);
  }

  onDrain(): void {
    this.#channel.onDrain();
  }

  onClose(error?: Error): void {
    this.#end(error?.message ?? "the other end closed it", false);
    this.#channel.onClose();
  }

  #bytesMaxOf(kind: FrameKind): number {
    if (kind === "hello") return this.#hello === undefined ? SMALL_BYTES_MAX : 0;
    if (this.#hello === undefined) return 0;
    if (kind === "call") return GUEST_CALL_BYTES_MAX;
    return kind === "cancel" || kind === "ping" || kind === "pong" ? SMALL_BYTES_MAX : 0;
  }

  #onFrame(kind: FrameKind, payload: Buffer): boolean {
    if (!this.#take(kind, payload)) this.#end(`malformed or unexpected ${kind}`, true);
    return !this.#isEnded;
  }

  #take(kind: FrameKind, payload: Buffer): boolean {
    if (this.#hello === undefined) return kind === "hello" && this.#onHello(payload);
    switch (kind) {
      case "call":
        return this.#incoming.onCall(payload);
      case "cancel":
        return this.#incoming.onCancel(payload);
      case "ping":
      case "pong":
        return this.#channel.onSign(kind, payload);
      default:
        return false;
    }
  }

  #onHello(payload: Buffer): boolean {
    const hello = decodeGuestHello(payload);
    if (hello === undefined) return false;
    if ("protocol" in hello) return this.#refuse(versionsDiffer(hello.protocol));
    const refused = this.#host.judge(hello);
    if (refused !== undefined) return this.#refuse(refused);
    this.#handshake.cancel();
    this.#hello = hello;
    this.#channel.outbox.offer("hello", encodeGuestHello(this.#host.hello()));
    this.#host.onUp(this);
    return true;
  }

  #refuse(refused: GuestRefused): true {
    this.#channel.outbox.offer("refuse", encodeGuestRefused(refused));
    this.#end(`refused: ${refused.text}`, false);
    return true;
  }

  #end(why: string, isFault: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#handshake.cancel();
    this.#channel.end();
    this.#incoming.close();
    this.#room.close();
    this.#gone.abort();
    this.#host.onEnded(this, { why, isFault });
  }
}
