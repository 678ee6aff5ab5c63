import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A line that a test holds in its hand: connections to `port` go on to `target`; what the dialler sends goes on only as
 * far as the tap was opened, and beyond a read of the system nothing waits in the tap itself.
 */
export class Tap {
  /** Bytes that the dialler sent and the target got. */
  passed = 0;
  port = 0;
  #allowed = Number.POSITIVE_INFINITY;
  readonly #waiting: { from: Socket; to: Socket; bytes: Buffer }[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((from) => this.#onConnection(from));
  readonly #target: { host: string; port: number };

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  async open(): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    await promise;
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** From here on only `bytes` more go through. */
  allow(bytes: number): void {
    this.#allowed = bytes;
    this.#pour();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #onConnection(from: Socket): void {
    const to = connect(this.#target);
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
    to.on("data", (bytes: Buffer) => void from.write(bytes));
    from.on("data", (bytes: Buffer) => {
      this.#waiting.push({ from, to, bytes });
      from.pause();
      this.#pour();
    });
  }

  #pour(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#allowed > 0; next = this.#waiting[0]) {
      const part = next.bytes.subarray(0, this.#allowed);
      next.to.write(part);
      this.passed += part.length;
      this.#allowed -= part.length;
      next.bytes = next.bytes.subarray(part.length);
      if (next.bytes.length > 0) return;
      this.#waiting.shift();
      next.from.resume();
    }
  }
}
