import type { Clock } from "../../../src/ports/clock.ts";
import type { Random } from "../../../src/ports/random.ts";
import type { StreamListener, StreamPort } from "../../../src/ports/stream.ts";
import type { Message } from "../../../src/raft/core/messages.ts";
import type { Methods } from "../../../src/rpc/calls.ts";
import { LinkedPeers, type PeersOptions } from "../../../src/rpc/peers.ts";
import { LINK_SELECTOR, Selector } from "../../../src/rpc/selector.ts";
import type { Hello } from "../../../src/rpc/types.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { silentMeter } from "../silent.ts";
import { helloOf } from "./hello.ts";

interface ServerOptions {
  streams: StreamPort;
  clock: Clock;
  random: Random;
  /** Where it listens; port 0 takes a free one. */
  at: { address: string; port: number };
  hello?: Partial<Hello>;
  methods?: Methods;
  laneLimits?: PeersOptions["laneLimits"];
}

/** One server's links, and what they brought. */
export class LinkServer {
  readonly logger = new RecordingLogger();
  readonly messages: Message[] = [];
  onMessage: (message: Message) => void = (message) => void this.messages.push(message);
  /** Node ids of the connected peers, after each change. */
  readonly changes: string[] = [];
  hello: Hello;
  readonly peers: LinkedPeers;
  readonly #options: ServerOptions;
  #listener: StreamListener | undefined;

  constructor(nodeId: string, options: ServerOptions) {
    const { streams, clock, random, methods = {}, laneLimits } = options;
    this.#options = options;
    this.hello = helloOf(nodeId, options.hello);
    this.peers = new LinkedPeers({
      hello: () => this.hello,
      methods: { echo: async (argument) => argument, ...methods },
      onMessage: (message) => this.onMessage(message),
      onPeersChanged: () => void this.changes.push(this.connected),
      streams,
      clock,
      random,
      logger: this.logger,
      meter: silentMeter,
      ...(laneLimits === undefined ? {} : { laneLimits }),
    });
  }

  /** Listens, and says so in its hello. */
  async start(): Promise<this> {
    const { streams, clock, at } = this.#options;
    const protocols = new Map([[LINK_SELECTOR, this.peers.accept]]);
    const selector = new Selector({ protocols, clock, logger: this.logger });
    this.#listener = await selector.listen(streams, at);
    this.hello.address = `${this.#listener.address}:${this.#listener.port}`;
    return this;
  }

  get nodeId(): string {
    return this.hello.nodeId;
  }

  get address(): string {
    return this.hello.address;
  }

  get connected(): string {
    const up = this.peers.list().filter(({ isConnected }) => isConnected);
    return up
      .map(({ hello }) => hello.nodeId)
      .sort()
      .join(" ");
  }

  /** Sends a heartbeat. */
  beat(to: string, round = 1): void {
    this.peers.send({ type: "heartbeat", from: this.nodeId, to, term: 1, commit: 0, round });
  }

  warnings(): string[] {
    return this.logger.lines
      .filter(({ level }) => level === "warn")
      .map(({ message, fields }) => `${message}: ${String(fields.why ?? "")}`);
  }

  async stop(): Promise<void> {
    this.#listener?.close();
    await this.peers.close();
  }
}
