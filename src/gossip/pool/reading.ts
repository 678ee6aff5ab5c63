import type { Clock } from "../../ports/clock.ts";

/** Reads one message from bytes that come bit by bit. */
export interface SlicedReader<Message extends object> {
  /** Throws when it is too much. */
  take(bytes: Uint8Array): void;
  /** A slice of work: the message, or whether more bytes or another slice must follow. Throws when it can't become a message. */
  step(): Message | "more" | "again";
}

interface Listener<Message> {
  onMessage(message: Message): void;
  onFailure(error: unknown): void;
}

/** Lets others have the event loop between the slices of a long message. Tells one message or one failure, once. */
export class Reading<Message extends object> {
  readonly #reader: SlicedReader<Message>;
  readonly #clock: Clock;
  readonly #listener: Listener<Message>;
  #state: "waiting" | "working" | "over" = "waiting";
  #hasEnded = false;

  constructor(reader: SlicedReader<Message>, clock: Clock, listener: Listener<Message>) {
    this.#reader = reader;
    this.#clock = clock;
    this.#listener = listener;
  }

  push(bytes: Uint8Array): void {
    if (this.#state === "over") return;
    try {
      this.#reader.take(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#state === "waiting") this.#work();
  }

  /** No more bytes will come. */
  end(): void {
    this.#hasEnded = true;
    if (this.#state === "waiting") this.#fail(new Error("the connection was closed before the message was whole"));
  }

  /** Nothing is told any more. */
  close(): void {
    this.#state = "over";
  }

  #work(): void {
    let progress: ReturnType<SlicedReader<Message>["step"]>;
    try {
      progress = this.#reader.step();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (progress === "again") {
      this.#state = "working";
      this.#clock.soon(() => {
        if (this.#state === "working") this.#work();
      });
    } else if (progress === "more") {
      this.#state = "waiting";
      if (this.#hasEnded) this.end();
    } else {
      this.#state = "over";
      this.#listener.onMessage(progress);
    }
  }

  #fail(error: unknown): void {
    this.#state = "over";
    this.#listener.onFailure(error);
  }
}
