import type { Clock, Timer } from "../ports/clock.ts";
import type { StreamConnection, StreamHandlers } from "../ports/stream.ts";
import { OutgoingCalls } from "./calls.ts";
import { Channel } from "./channel.ts";
import { NotSent } from "./errors.ts";
import { type FrameKind, KINDS } from "./frame.ts";
import {
  decodeGuestRefused,
  decodeServerHello,
  encodeGuestHello,
  GUEST_CALLS,
  GUEST_LANES,
  type GuestHello,
  versionsDiffer,
} from "./guest-hello.ts";
import type { Wire } from "./types.ts";

const HANDSHAKE_TIMEOUT_MS = 5000;

/** The calling end of a connection to one server: says hello, waits for the server's, and makes calls. */
export class CallerLink implements StreamHandlers {
  /** Resolves when the server takes calls; rejects with `NotSent` when it refuses or is lost before. */
  readonly opened: Promise<void>;
  readonly #channel: Channel;
  readonly #calls: OutgoingCalls;
  readonly #handshake: Timer;
  readonly #onOpened: () => void;
  readonly #onRefused: (error: NotSent) => void;
  readonly #onEnded: (why: string) => void;
  #state: "greeting" | "up" | "ended" = "greeting";
  #askedMs = Number.NEGATIVE_INFINITY;

  /** `onEnded`: once, when no call can be made any more. */
  constructor(connection: StreamConnection, clock: Clock, hello: GuestHello, onEnded: (why: string) => void) {
    this.#onEnded = onEnded;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#onOpened = resolve;
    this.#onRefused = reject;
    this.#channel = new Channel(connection, clock, GUEST_LANES, {
      bytesMaxOf: (kind) => this.#bytesMaxOf(kind),
      onFrame: (kind, payload) => this.#onFrame(kind, payload),
      onFault: (why) => this.close(why),
    });
    this.#calls = new OutgoingCalls(this.#channel.outbox, clock, GUEST_CALLS);
    this.#handshake = clock.after(HANDSHAKE_TIMEOUT_MS, () => this.close("the handshake took too long"));
    this.#channel.outbox.offer("hello", encodeGuestHello(hello));
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  /** When bytes came last, on the monotonic clock. */
  get heardMs(): number {
    return this.#channel.heardMs;
  }

  /** Calls that wait for their answers. */
  get pending(): number {
    return this.#calls.size;
  }

  /** Resolves when the connection is gone. */
  get gone(): Promise<void> {
    return this.#channel.gone;
  }

  async call(method: string, argument: Wire, options: { timeoutMs: number; signal?: AbortSignal }): Promise<Wire> {
    if (this.#state !== "up") throw new NotSent(`call of ${method}: the connection is closed`);
    return await this.#calls.call(method, argument, options);
  }

  /** Asks for a sign of life, and tells for how long none has come since it was asked for. */
  ask(nowMs: number): number {
    if (this.#askedMs <= this.heardMs) {
      this.#askedMs = nowMs;
      this.#channel.outbox.ping();
    }
    return nowMs - this.#askedMs;
  }

  /** Gives memory back that is not in use now. */
  rest(): void {
    this.#channel.rest();
  }

  close(why: string): void {
    if (this.#state === "ended") return;
    const before = this.#state;
    this.#state = "ended";
    this.#handshake.cancel();
    this.#channel.end();
    this.#calls.close(why, false);
    if (before === "greeting") this.#onRefused(new NotSent(why));
    this.#onEnded(why);
  }

  onData(bytes: Buffer): void {
    this.#channel.onData(bytes);
  }

  onDrain(): void {
    this.#channel.onDrain();
  }

  onClose(error?: Error): void {
    this.close(error?.message ?? "the other end closed it");
    this.#channel.onClose();
  }

  #bytesMaxOf(kind: FrameKind): number {
    if (kind === "refuse") return KINDS.refuse.bytesMax;
    if (this.#state !== "up") return kind === "hello" ? KINDS.hello.bytesMax : 0;
    return ANSWERS.includes(kind) ? KINDS[kind].bytesMax : 0;
  }

  #onFrame(kind: FrameKind, payload: Buffer): boolean {
    if (!this.#take(kind, payload)) this.close(`malformed or unexpected ${kind}`);
    return this.#state !== "ended";
  }

  #take(kind: FrameKind, payload: Buffer): boolean {
    if (kind === "refuse") return this.#onRefuse(payload);
    if (this.#state === "greeting") return kind === "hello" && this.#onHello(payload);
    switch (kind) {
      case "answer":
        return this.#calls.onAnswer(payload);
      case "failure":
        return this.#calls.onFailure(payload);
      case "ping":
      case "pong":
        return this.#channel.onSign(kind, payload);
      default:
        return false;
    }
  }

  #onHello(payload: Buffer): boolean {
    const hello = decodeServerHello(payload);
    if (hello === undefined) return false;
    if ("protocol" in hello) {
      this.close(versionsDiffer(hello.protocol).text);
      return true;
    }
    this.#handshake.cancel();
    this.#state = "up";
    this.#onOpened();
    return true;
  }

  #onRefuse(payload: Buffer): boolean {
    const refused = decodeGuestRefused(payload);
    if (refused !== undefined) this.close(`the server refused: ${refused.text}`);
    return refused !== undefined;
  }
}

/** What a server sends once it has said hello. */
const ANSWERS: readonly FrameKind[] = ["answer", "failure", "ping", "pong"];
