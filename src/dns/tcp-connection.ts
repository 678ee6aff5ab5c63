import type { Clock, Timer } from "../ports/clock.ts";
import type { StreamConnection, StreamHandlers } from "../ports/stream.ts";
import { FrameReader, framed } from "./frames.ts";
import type { Asker, Responder } from "./responder.ts";

/** A client that asks nothing for this long is cut; the figure of Consul's DNS library. */
const IDLE_TIMEOUT_MS = 8000;
/** Queries of one connection that may wait for an answer before no more are read. */
const WAITING_MAX = 64;

/**
 * Serves one TCP client: queries may be pipelined, and answers that have to wait do not hold back later ones
 * (RFC 7766 6.2.1.1). A client that does not read its answers is not read from either.
 */
export class TcpConnection implements StreamHandlers {
  readonly #connection: StreamConnection;
  readonly #responder: Responder;
  readonly #clock: Clock;
  readonly #asker: Asker;
  readonly #reader = new FrameReader();
  readonly #onClosed: () => void;
  #idle: Timer;
  #waiting = 0;
  #full = false;

  constructor(connection: StreamConnection, responder: Responder, clock: Clock, onClosed: () => void) {
    this.#connection = connection;
    this.#responder = responder;
    this.#clock = clock;
    this.#asker = { transport: "tcp", address: connection.remoteAddress };
    this.#onClosed = onClosed;
    this.#idle = this.#idleTimer();
  }

  onData(bytes: Buffer): void {
    const answers: Uint8Array[] = [];
    for (const query of this.#reader.push(bytes)) {
      this.#idle.cancel();
      this.#idle = this.#idleTimer();
      const answer = this.#responder.respond(query, this.#asker);
      if (answer instanceof Uint8Array) answers.push(framed(answer));
      else if (answer !== undefined) this.#later(answer);
    }
    // One write for all that came together: the peer's kernel gets fewer, larger segments.
    if (answers.length > 0) this.#write(answers.length === 1 ? (answers[0] as Uint8Array) : Buffer.concat(answers));
  }

  onDrain(): void {
    this.#full = false;
    this.#throttle();
  }

  onClose(): void {
    this.#idle.cancel();
    this.#onClosed();
  }

  close(): void {
    this.#connection.destroy();
  }

  #later(answer: Promise<Uint8Array>): void {
    this.#waiting++;
    this.#throttle();
    void answer.then((bytes) => {
      this.#waiting--;
      this.#write(framed(bytes));
      this.#throttle();
    });
  }

  #write(bytes: Uint8Array): void {
    if (!this.#connection.write(bytes)) {
      this.#full = true;
      this.#throttle();
    }
  }

  #throttle(): void {
    if (this.#full || this.#waiting >= WAITING_MAX) this.#connection.pause();
    else this.#connection.resume();
  }

  #idleTimer(): Timer {
    return this.#clock.after(IDLE_TIMEOUT_MS, () => {
      if (this.#waiting > 0) this.#idle = this.#idleTimer();
      else this.#connection.destroy();
    });
  }
}
