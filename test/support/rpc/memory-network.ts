import type { Clock } from "../../../src/ports/clock.ts";
import type { StreamConnection, StreamHandlers, StreamListener, StreamPort } from "../../../src/ports/stream.ts";

/** Bytes under way in one direction after which `write` says false. */
const QUEUE_BYTES = 64 * 1024;

/**
 * TCP between hosts in memory: bytes arrive in a later microtask, in the pieces in which they were written. A host may
 * be cut off, so that nothing from or to it arrives and nobody hears of it, and connections to it hang.
 */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, (connection: StreamConnection) => StreamHandlers>();
  readonly #ends = new Set<End>();
  readonly #cut = new Set<string>();
  /** How often each host's process was killed. */
  readonly #deaths = new Map<string, number>();
  readonly #aliases = new Map<string, string>();
  #nextPort = 40_000;
  /** Connections made so far. */
  connects = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The streams of a process on the host, until it is killed. */
  host(name: string): StreamPort {
    const born = this.#deaths.get(name);
    return {
      listen: async ({ address, port }, onConnection): Promise<StreamListener> => {
        const key = `${address}:${port}`;
        if (this.#listeners.has(key)) throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
        this.#listeners.set(key, onConnection);
        return { address, port, close: () => this.#listeners.delete(key) };
      },
      connect: async (to, handlers) => {
        if (this.#deaths.get(name) !== born) throw new Error("the process is dead");
        return await this.#connect(name, to, handlers);
      },
    };
  }

  cutOff(host: string): void {
    this.#cut.add(host);
  }

  heal(host: string): void {
    this.#cut.delete(host);
    for (const end of this.#ends) end.flow();
  }

  /** A process is killed: its listeners and connections end as the system ends them. */
  kill(host: string): void {
    this.#deaths.set(host, (this.#deaths.get(host) ?? 0) + 1);
    for (const key of this.#listeners.keys()) if (key.startsWith(`${host}:`)) this.#listeners.delete(key);
    for (const end of [...this.#ends]) if (end.host === host) end.destroy();
  }

  /** The connections of a host end on its side, and the other sides don't hear of it. */
  loseConnections(host: string): void {
    for (const end of [...this.#ends]) if (end.host === host) end.vanish();
  }

  /** Whoever connects to `name` gets to `host`. */
  alias(name: string, host: string): void {
    this.#aliases.set(name, host);
  }

  /** Whether bytes move between two hosts. */
  reaches(a: string, b: string): boolean {
    return !this.#cut.has(a) && !this.#cut.has(b);
  }

  async #connect(
    from: string,
    to: { address: string; port: number; timeoutMs: number },
    handlers: StreamHandlers,
  ): Promise<StreamConnection> {
    this.connects++;
    to = { ...to, address: this.#aliases.get(to.address) ?? to.address };
    if (!this.reaches(from, to.address)) {
      await new Promise<void>((resolve) => void this.#clock.after(to.timeoutMs, resolve));
      throw new Error("connect timeout");
    }
    await Promise.resolve();
    const accept = this.#listeners.get(`${to.address}:${to.port}`);
    if (accept === undefined) throw Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
    const near = new End(this, from, to.address, to.port);
    const far = new End(this, to.address, from, this.#nextPort++);
    near.other = far;
    far.other = near;
    near.handlers = handlers;
    far.handlers = accept(far);
    for (const end of [near, far]) this.#track(end);
    return near;
  }

  #track(end: End): void {
    this.#ends.add(end);
    end.onGone = () => this.#ends.delete(end);
  }
}

class End implements StreamConnection {
  readonly #network: MemoryNetwork;
  readonly host: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  other: End | undefined;
  handlers: StreamHandlers | undefined;
  onGone: () => void = () => undefined;
  /** What this end sent and the other has not got. */
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #isFull = false;
  #isFlowing = false;
  #isPaused = false;
  #isEnding = false;
  #isGone = false;

  constructor(network: MemoryNetwork, host: string, remoteAddress: string, remotePort: number) {
    this.#network = network;
    this.host = host;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isGone || this.#isEnding) return false;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.flow();
    if (this.#queued > QUEUE_BYTES) this.#isFull = true;
    return !this.#isFull;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.other?.flow();
  }

  end(): void {
    this.#isEnding = true;
    this.flow();
  }

  destroy(): void {
    this.#queue.length = 0;
    this.#queued = 0;
    this.end();
    this.#gone();
  }

  vanish(): void {
    this.#queue.length = 0;
    this.other = undefined;
    this.#gone();
  }

  /** Moves what may move, a microtask for each piece. */
  flow(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    queueMicrotask(() => {
      this.#isFlowing = false;
      this.#move();
    });
  }

  #move(): void {
    const { other } = this;
    if (other === undefined || !this.#network.reaches(this.host, other.host) || other.#isPaused) return;
    const next = this.#queue.shift();
    if (next !== undefined) {
      this.#queued -= next.length;
      if (!other.#isGone) other.handlers?.onData(Buffer.from(next));
      if (this.#queue.length === 0 && this.#isFull && !this.#isGone) {
        this.#isFull = false;
        this.handlers?.onDrain();
      }
      this.flow();
    } else if (this.#isEnding) {
      other.#gone();
      this.#gone();
    }
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.onGone();
    queueMicrotask(() => this.handlers?.onClose());
  }
}
