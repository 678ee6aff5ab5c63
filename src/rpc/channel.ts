import type { Clock, Timer } from "../ports/clock.ts";
import type { StreamConnection } from "../ports/stream.ts";
import { ByteReader } from "./bytes.ts";
import { FrameDecoder, type FrameKind, type Lane } from "./frame.ts";
import { type LaneLimits, numberPayload, Outbox } from "./outbox.ts";

/** What was said last may take so long to leave. */
const LINGER_MS = 1000;

/** Who makes sense of the frames of a connection. */
export interface Receiver {
  /** How long a frame of the kind may be now; 0 when none may come. */
  bytesMaxOf(kind: FrameKind): number;
  /** False when the rest of what came is of no interest. The payload is valid only during the call. */
  onFrame(kind: FrameKind, payload: Buffer): boolean;
  /** What came is not made of frames. */
  onFault(why: string): void;
  /** Something that waited to go out has gone. */
  onSent?(): void;
}

/** A connection behind its first byte: frames both ways, signs of life, and an end that still says what was said last. */
export class Channel {
  readonly remote: string;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  readonly outbox: Outbox;
  readonly #connection: StreamConnection;
  readonly #clock: Clock;
  readonly #receiver: Receiver;
  readonly #decoder: FrameDecoder;
  readonly #onGone: () => void;
  #heardMs: number;
  #isEnded = false;
  #linger: Timer | undefined;

  constructor(
    connection: StreamConnection,
    clock: Clock,
    laneLimits: Readonly<Record<Lane, LaneLimits>>,
    receiver: Receiver,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#receiver = receiver;
    this.remote = hostPort(connection);
    this.#heardMs = clock.monotonicMs();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#onGone = resolve;
    this.#decoder = new FrameDecoder(
      (kind, payload) => receiver.onFrame(kind, payload),
      (kind) => receiver.bytesMaxOf(kind),
    );
    this.outbox = new Outbox({
      write: (bytes) => connection.write(bytes),
      monotonicMs: () => clock.monotonicMs(),
      limits: laneLimits,
      onSent: receiver.onSent === undefined ? undefined : () => receiver.onSent?.(),
    });
  }

  /** When bytes came last, on the monotonic clock. */
  get heardMs(): number {
    return this.#heardMs;
  }

  onData(bytes: Buffer): void {
    if (this.#isEnded) return;
    this.#heardMs = this.#clock.monotonicMs();
    const fault = this.#decoder.push(bytes);
    if (fault !== undefined) this.#receiver.onFault(fault);
  }

  onDrain(): void {
    this.outbox.drained();
  }

  /** The connection is gone. */
  onClose(): void {
    this.#linger?.cancel();
    this.#onGone();
  }

  /** A ping or a pong came; false when it makes no sense. */
  onSign(kind: "ping" | "pong", payload: Buffer): boolean {
    const input = new ByteReader(payload);
    const id = input.varint();
    if (!input.isDone) return false;
    if (kind === "pong") return this.outbox.ponged(id);
    this.outbox.offer("pong", numberPayload(id));
    return true;
  }

  /** Gives back what was kept for reading, when nothing of a frame has come. */
  rest(): void {
    this.#decoder.rest();
  }

  /** Sends what may still go, and closes: nothing is taken any more. Once. */
  end(): void {
    this.#isEnded = true;
    this.outbox.close();
    this.#linger = this.#clock.after(LINGER_MS, () => this.#connection.destroy());
    this.#connection.end();
  }
}

function hostPort({ remoteAddress, remotePort }: StreamConnection): string {
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
