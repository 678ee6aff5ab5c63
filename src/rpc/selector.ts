import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { StreamConnection, StreamHandlers, StreamListener, StreamPort } from "../ports/stream.ts";
import { Seldom } from "./seldom.ts";

/**
 * The first byte of a connection says what is spoken on it. Consul has 0 (one RPC stream), 1 (Raft), 2 (old multiplexer),
 * 3 (TLS, then such a byte again), 4 (yamux), 5 (snapshot), 6 (gossip), 7 (TLS without a client's certificate) and 8
 * (gRPC), and takes 22 for TLS itself. The link between servers is the "M" of the program's name.
 */
export const LINK_SELECTOR = 0x4d;
/** Of guests: "m". No capital letter but the link's: with those begin the requests of HTTP that go astray. */
export const GUEST_SELECTOR = 0x6d;

const LOG_EVERY_MS = 30_000;
/** Selections within each other: TLS, and what is in it. */
const DEPTH_MAX = 2;

export interface SelectorLimits {
  /** Time for the first byte, and for what its protocol calls a handshake. */
  handshakeTimeoutMs: number;
  connectionsMax: number;
  /** Connections from one address; many nodes may share one behind a router. */
  connectionsOfOneMax: number;
  /** Connections that are not settled, of all and from one address. */
  unsettledMax: number;
  unsettledOfOneMax: number;
}

export const SELECTOR_LIMITS: SelectorLimits = {
  handshakeTimeoutMs: 5000,
  connectionsMax: 8192,
  connectionsOfOneMax: 512,
  // All agents of a datacenter come at once after a server's start.
  unsettledMax: 1024,
  unsettledOfOneMax: 128,
};

export interface Selected {
  /** The other end proved that it speaks the protocol: the time limit ends. */
  settled(): void;
  /** What the protocol unwraps (TLS) begins with such a byte again. */
  select(inner: StreamConnection): StreamHandlers;
}

/** Takes over a connection behind its first byte. */
export type Protocol = (connection: StreamConnection, selected: Selected) => StreamHandlers;

export interface SelectorOptions {
  protocols: ReadonlyMap<number, Protocol>;
  clock: Clock;
  logger: Logger;
  limits?: Partial<SelectorLimits>;
}

/** Connections of one address. */
interface Counts {
  open: number;
  unsettled: number;
}

/** The server port: hands each connection to the protocol that it asks for. */
export class Selector {
  readonly #options: SelectorOptions;
  readonly #limits: SelectorLimits;
  readonly #seldom: Seldom;
  readonly #byAddress = new Map<string, Counts>();
  readonly #all: Counts = { open: 0, unsettled: 0 };

  constructor(options: SelectorOptions) {
    this.#options = options;
    this.#limits = { ...SELECTOR_LIMITS, ...options.limits };
    this.#seldom = new Seldom(() => options.clock.monotonicMs(), LOG_EVERY_MS);
  }

  /** Rejects with the system's error. */
  listen(streams: Pick<StreamPort, "listen">, at: { address: string; port: number }): Promise<StreamListener> {
    return streams.listen(
      { ...at, connectionsMax: this.#limits.connectionsMax },
      (connection) => this.accept(connection),
      (error) => this.#options.logger.error("the listener of the server port failed", { error: error.message }),
    );
  }

  accept(connection: StreamConnection): StreamHandlers {
    const { remoteAddress } = connection;
    const counts = this.#byAddress.get(remoteAddress) ?? { open: 0, unsettled: 0 };
    const full = this.#fullOf(counts);
    if (full !== undefined) {
      this.#reject(connection, full);
      return NOBODY;
    }
    this.#byAddress.set(remoteAddress, counts);
    this.#count(counts, "open", 1);
    this.#count(counts, "unsettled", 1);
    let timer: Timer | undefined;
    const settled = () => {
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      this.#count(counts, "unsettled", -1);
    };
    const { handshakeTimeoutMs } = this.#limits;
    timer = this.#options.clock.after(handshakeTimeoutMs, () => {
      this.#reject(connection, `no handshake within ${handshakeTimeoutMs} ms`);
    });
    return new Selecting(this.#options.protocols, connection, {
      reject: (why) => this.#reject(connection, why),
      settled,
      closed: () => {
        settled();
        this.#count(counts, "open", -1);
        if (counts.open === 0) this.#byAddress.delete(remoteAddress);
      },
    });
  }

  #fullOf(counts: Counts): string | undefined {
    const { connectionsOfOneMax, unsettledMax, unsettledOfOneMax } = this.#limits;
    if (counts.open >= connectionsOfOneMax) return `it has ${connectionsOfOneMax} connections already`;
    if (counts.unsettled >= unsettledOfOneMax) return `${unsettledOfOneMax} handshakes of it are not finished`;
    if (this.#all.unsettled >= unsettledMax) return `${unsettledMax} handshakes are not finished`;
    return undefined;
  }

  #count(counts: Counts, what: keyof Counts, by: number): void {
    counts[what] += by;
    this.#all[what] += by;
  }

  #reject(connection: StreamConnection, why: string): void {
    const { remoteAddress: address } = connection;
    if (this.#seldom.may(`${address} ${why}`)) {
      this.#options.logger.warn("closed a connection to the server port", { address, why });
    }
    connection.destroy();
  }
}

interface Owner {
  reject(why: string): void;
  settled(): void;
  closed(): void;
}

/** A connection until its first byte came, and the way to its protocol from then on. */
class Selecting implements StreamHandlers {
  readonly #protocols: ReadonlyMap<number, Protocol>;
  readonly #connection: StreamConnection;
  readonly #owner: Owner;
  readonly #depth: number;
  #next: StreamHandlers | undefined;
  #isRejected = false;

  constructor(protocols: ReadonlyMap<number, Protocol>, connection: StreamConnection, owner: Owner, depth = 1) {
    this.#protocols = protocols;
    this.#connection = connection;
    this.#owner = owner;
    this.#depth = depth;
  }

  onData(bytes: Buffer): void {
    if (this.#next !== undefined) this.#next.onData(bytes);
    else if (bytes.length > 0 && !this.#isRejected) this.#select(bytes);
  }

  onDrain(): void {
    this.#next?.onDrain();
  }

  onClose(error?: Error): void {
    this.#owner.closed();
    this.#next?.onClose(error);
  }

  #select(bytes: Buffer): void {
    const byte = bytes[0] ?? 0;
    const protocol = this.#protocols.get(byte);
    if (protocol === undefined || this.#depth > DEPTH_MAX) {
      this.#isRejected = true;
      this.#owner.reject(`nothing here speaks what its first byte, ${byte}, asks for`);
      return;
    }
    this.#next = protocol(this.#connection, {
      settled: this.#owner.settled,
      select: (inner) => {
        const owner = { ...this.#owner, closed: () => undefined };
        return new Selecting(this.#protocols, inner, owner, this.#depth + 1);
      },
    });
    if (bytes.length > 1) this.#next.onData(bytes.subarray(1));
  }
}

/** For a connection that is cut. */
const NOBODY: StreamHandlers = { onData: () => undefined, onDrain: () => undefined, onClose: () => undefined };
