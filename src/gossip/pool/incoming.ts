import type { Clock } from "../../ports/clock.ts";
import type { StreamConnection, StreamHandlers } from "../../ports/stream.ts";
import type { Endpoint } from "../messages.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { Complaints } from "./complaints.ts";
import { plainAddress } from "./endpoints.ts";
import { Reading, type SlicedReader } from "./reading.ts";

/** Agents behind one address, all of which may start at once, against one that takes all places. */
const OF_ONE_ADDRESS_MAX = 32;
/** As memberlist. Each holds what it read, and the own state that it is answered with. */
const SERVED_MAX = 128;

/** What is done with streams of others. */
export interface StreamService<Message extends object> {
  /** A reader for one stream. `reserve` takes memory from what all streams may hold. */
  reader(reserve: (bytes: number) => boolean): SlicedReader<Message>;
  /** What is answered, if anything; then the stream is closed. Rejects when the message can't be served. */
  serve(from: Endpoint, message: Message): Promise<Uint8Array | undefined>;
  /** What a peer is told whose bytes can't be read. */
  complaint(error: unknown): Uint8Array;
}

interface Parts {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly complaints: Complaints;
  readonly isAllowed: (address: string) => boolean;
  /** For all that is said on a stream. */
  readonly timeoutMs: number;
}

/** Streams of others: each says one thing, is answered, and closed. */
export class IncomingStreams<Message extends object> {
  readonly #service: StreamService<Message>;
  readonly #parts: Parts;
  readonly #open = new Set<Incoming<Message>>();
  readonly #byAddress = new Map<string, number>();
  #served = 0;

  constructor(service: StreamService<Message>, parts: Parts) {
    this.#service = service;
    this.#parts = parts;
  }

  accept(connection: StreamConnection): StreamHandlers {
    const from = { address: plainAddress(connection.remoteAddress), port: connection.remotePort };
    const refusal = this.#refusal(from.address);
    if (refusal !== undefined) {
      this.#parts.complaints.about(from.address, "gossip.streams.refused", refusal);
      connection.destroy();
      return { onData: () => undefined, onDrain: () => undefined, onClose: () => undefined };
    }
    this.#byAddress.set(from.address, this.#count(from.address) + 1);
    const incoming = new Incoming(connection, from, this.#service, this.#parts, {
      mayServe: () => this.#served < SERVED_MAX,
      onServed: (change) => {
        this.#served += change;
      },
      onGone: () => this.#forget(incoming, from.address),
    });
    this.#open.add(incoming);
    return incoming;
  }

  close(): void {
    for (const incoming of this.#open) incoming.cut();
  }

  #refusal(address: string): string | undefined {
    if (!this.#parts.isAllowed(address)) return "a stream of an address that is not allowed was refused";
    if (this.#count(address) < OF_ONE_ADDRESS_MAX) return undefined;
    return `a stream was refused: its address has ${OF_ONE_ADDRESS_MAX} already`;
  }

  #count(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  #forget(incoming: Incoming<Message>, address: string): void {
    this.#open.delete(incoming);
    const left = this.#count(address) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

/** What one stream tells the others. */
interface Places {
  mayServe(): boolean;
  onServed(change: 1 | -1): void;
  onGone(): void;
}

class Incoming<Message extends object> implements StreamHandlers {
  readonly #connection: StreamConnection;
  readonly #from: Endpoint;
  readonly #service: StreamService<Message>;
  readonly #parts: Parts;
  readonly #places: Places;
  readonly #reading: Reading<Message>;
  readonly #share;
  readonly #timer;
  /** `served`: what comes now is not read. */
  #state: "reading" | "served" | "gone" = "reading";

  constructor(
    connection: StreamConnection,
    from: Endpoint,
    service: StreamService<Message>,
    parts: Parts,
    places: Places,
  ) {
    this.#connection = connection;
    this.#from = from;
    this.#service = service;
    this.#parts = parts;
    this.#places = places;
    const share = parts.budget.share();
    this.#share = share;
    const reader = service.reader((bytes) => share.take(bytes));
    this.#reading = new Reading(reader, parts.clock, {
      onMessage: (message) => void this.#serve(message),
      onFailure: (error) => this.#refuse(error),
    });
    this.#timer = parts.clock.after(parts.timeoutMs, () => {
      this.#complain("gossip.streams.late", "a stream of another was too slow and is cut");
      this.cut();
    });
  }

  onData(bytes: Buffer): void {
    if (this.#state !== "reading") return;
    if (!this.#share.take(bytes.length)) {
      this.#complain("gossip.streams.refused", "a stream was refused: all of them together hold too much");
      this.cut();
      return;
    }
    this.#reading.push(bytes);
  }

  onDrain(): void {
    // What is written fits: the answer was taken from the budget.
  }

  onClose(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#timer.cancel();
    this.#reading.close();
    this.#share.giveBackAll();
    this.#places.onGone();
  }

  cut(): void {
    this.#connection.destroy();
    this.onClose();
  }

  #refuse(error: unknown): void {
    this.#complain("gossip.streams.malformed", "a stream of another can't be read", error);
    this.#state = "served";
    this.#answer(this.#service.complaint(error));
  }

  async #serve(message: Message): Promise<void> {
    this.#state = "served";
    if (!this.#places.mayServe()) {
      this.#complain("gossip.streams.refused", `a stream was refused: ${SERVED_MAX} are answered already`);
      this.cut();
      return;
    }
    this.#places.onServed(1);
    try {
      const bytes = await this.#service.serve(this.#from, message);
      if (this.#isGone) return;
      if (bytes === undefined) this.#connection.end();
      else this.#answer(bytes);
    } catch (error) {
      this.#complain("gossip.streams.malformed", "what another said over a stream can't be served", error);
      this.cut();
    } finally {
      this.#places.onServed(-1);
    }
  }

  get #isGone(): boolean {
    return this.#state === "gone";
  }

  #answer(bytes: Uint8Array): void {
    if (!this.#share.take(bytes.length)) {
      this.#complain("gossip.streams.refused", "a stream was refused: all of them together hold too much");
      this.cut();
      return;
    }
    this.#connection.write(bytes);
    this.#connection.end();
  }

  #complain(metric: string, what: string, error?: unknown): void {
    this.#parts.complaints.about(this.#from.address, metric, what, error);
  }
}
