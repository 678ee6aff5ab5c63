import type { Clock } from "../../ports/clock.ts";
import type { Meter } from "../../ports/meter.ts";
import type { StreamConnection, StreamHandlers, StreamPort } from "../../ports/stream.ts";
import type { Endpoint, PacketMessage, Ping, PushPull } from "../messages.ts";
import type { Receiver, Transport } from "../transport.ts";
import type { PacketCodec } from "../wire/packet.ts";
import type { StreamCodec } from "../wire/stream.ts";
import type { StreamMessage } from "../wire/stream-message.ts";
import { ByteBudget } from "./byte-budget.ts";
import type { Complaints } from "./complaints.ts";
import { plainAddress } from "./endpoints.ts";
import { IncomingStreams } from "./incoming.ts";
import { askOverStream, type Outgoing, tellOverStream } from "./outgoing.ts";
import type { Sockets } from "./sockets.ts";

/** What all streams of a pool hold together: some full exchanges of the largest pools. */
const STREAM_BYTES_MAX = 48 * 1024 * 1024;

/** A dead member's machine or network says so; the membership finds out by itself. */
const UNREACHABLE: readonly string[] = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"];

export interface NetworkParts {
  /** Of this member. */
  readonly name: string;
  readonly packets: PacketCodec;
  readonly frames: StreamCodec;
  readonly isAllowed: (address: string) => boolean;
  readonly complaints: Complaints;
  readonly streamTimeoutMs: number;
  readonly streams: StreamPort;
  readonly clock: Clock;
  readonly meter: Meter;
}

/**
 * The network of one pool: messages to packets and streams and back. What comes is checked here: where from, sealed or
 * not, whole or not; what is heard before somebody listens, or after the end, is dropped.
 */
export class Network implements Transport {
  readonly #parts: NetworkParts;
  readonly #budget = new ByteBudget(STREAM_BYTES_MAX);
  readonly #incoming: IncomingStreams<StreamMessage>;
  #sockets: Sockets | undefined;
  #receiver: Receiver | undefined;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    const { clock, complaints, isAllowed, streamTimeoutMs: timeoutMs, frames } = parts;
    this.#incoming = new IncomingStreams<StreamMessage>(
      {
        reader: (reserve) => frames.reader({ reserve }),
        serve: (from, message) => this.#serve(from, message),
        complaint: (error) => frames.encode({ type: "error", text: textOf(error) }, { isAnswer: true }),
      },
      { clock, complaints, isAllowed, timeoutMs, budget: this.#budget },
    );
  }

  /** From now on packets and streams go out, and what comes in is told. */
  start(sockets: Sockets, receiver: Receiver): void {
    this.#sockets = sockets;
    this.#receiver = receiver;
  }

  close(): void {
    this.#receiver = undefined;
    this.#sockets?.close();
    this.#sockets = undefined;
    this.#incoming.close();
  }

  /** A packet; `bytes` are valid only during the call. */
  onPacket(bytes: Uint8Array, port: number, remoteAddress: string): void {
    const { meter, isAllowed, complaints, packets } = this.#parts;
    const address = plainAddress(remoteAddress);
    meter.count("gossip.packets.received");
    meter.count("memberlist.udp.received", bytes.length);
    if (this.#receiver === undefined) return;
    if (!isAllowed(address)) {
      complaints.about(address, "gossip.packets.refused", "a packet of an address that is not allowed is dropped");
      return;
    }
    let messages: readonly PacketMessage[];
    try {
      messages = packets.open(bytes);
    } catch (error) {
      complaints.about(address, "gossip.packets.malformed", "a packet can't be read and is dropped", error);
      return;
    }
    for (const message of messages) {
      if (message.type !== "alive" || isAllowed(message.at.address))
        this.#receiver.onMessage({ address, port }, message);
    }
  }

  /** What the system reports of packets that went out: a peer's port is closed, say. */
  onSocketError(error: Error): void {
    this.#parts.meter.count("gossip.packets.undeliverable");
    const isUsual = "code" in error && UNREACHABLE.includes(String(error.code));
    if (!isUsual)
      this.#parts.complaints.about(
        "the own socket",
        "gossip.packets.failed",
        "sending or taking a packet failed",
        error,
      );
  }

  onConnection(connection: StreamConnection): StreamHandlers {
    this.#parts.meter.count("memberlist.tcp.accept");
    return this.#incoming.accept(connection);
  }

  packetBudget(): number {
    return this.#parts.packets.budget();
  }

  send(to: Endpoint, messages: readonly Uint8Array[], withCrc: boolean): void {
    const { meter, packets } = this.#parts;
    const bytes = packets.seal(messages, withCrc);
    meter.count("gossip.packets.sent");
    meter.count("memberlist.udp.sent", bytes.length);
    if (this.#sockets?.datagrams.send(bytes, to.port, to.address) === false) meter.count("gossip.packets.unsent");
  }

  async sendReliably(to: Endpoint, payload: Uint8Array): Promise<void> {
    const bytes = this.#parts.frames.encode({ type: "user", payload });
    await this.#over(bytes, this.#parts.streamTimeoutMs, (outgoing) => tellOverStream(to, bytes, outgoing));
  }

  async pushPull(to: Endpoint, own: PushPull): Promise<PushPull> {
    const bytes = await this.#encodeStates(own, false);
    const answer = await this.#ask(to, bytes, this.#parts.streamTimeoutMs);
    if (answer.type !== "pushPull") throw new Error(`the peer answered with ${answer.type} instead of its state`);
    // Merging takes a turn of its own.
    await this.#turn();
    return this.#allowedOnly(answer);
  }

  async pingReliably(to: Endpoint, ping: Ping, timeoutMs: number): Promise<boolean> {
    try {
      const answer = await this.#ask(to, this.#parts.frames.encode(ping), timeoutMs);
      return answer.type === "ack" && answer.seqNo === ping.seqNo;
    } catch {
      return false;
    }
  }

  async #ask(to: Endpoint, bytes: Uint8Array, timeoutMs: number): Promise<StreamMessage> {
    const readerOf = (reserve: (more: number) => boolean) => this.#parts.frames.reader({ isAnswer: true, reserve });
    const answer = await this.#over(bytes, timeoutMs, (outgoing) => askOverStream(to, bytes, readerOf, outgoing));
    if (answer.type === "error") throw new Error(`the peer refused: ${answer.text}`);
    return answer;
  }

  async #over<T>(bytes: Uint8Array, timeoutMs: number, talk: (outgoing: Outgoing) => Promise<T>): Promise<T> {
    const { streams, clock, meter } = this.#parts;
    if (this.#sockets === undefined) throw new Error("this member is no longer in the pool");
    meter.count("memberlist.tcp.connect");
    meter.count("memberlist.tcp.sent", bytes.length);
    try {
      return await talk({ streams, clock, timeoutMs, budget: this.#budget });
    } catch (error) {
      meter.count("gossip.streams.failed");
      throw error;
    }
  }

  async #serve(from: Endpoint, message: StreamMessage): Promise<Uint8Array | undefined> {
    const { frames, name, meter, complaints } = this.#parts;
    const encode = (answer: StreamMessage) => {
      const bytes = frames.encode(answer, { isAnswer: true });
      meter.count("memberlist.tcp.sent", bytes.length);
      return bytes;
    };
    switch (message.type) {
      case "pushPull": {
        // Reading, merging and writing the states of thousands take a turn each.
        await this.#turn();
        const states = this.#allowedOnly(message);
        // Peers expect an answer before theirs are merged; who is refused must not learn of the members here.
        const refusal = states.isJoin ? await this.#receiver?.refuseJoin(states.nodes) : undefined;
        if (refusal !== undefined) {
          complaints.about(from.address, "gossip.streams.refused", "a peer may not join", new Error(refusal));
          return encode({ type: "error", text: refusal });
        }
        const own = this.#receiver?.onPushPull(from, states);
        if (own === undefined) return undefined;
        const bytes = await this.#encodeStates(own, true);
        meter.count("memberlist.tcp.sent", bytes.length);
        return bytes;
      }
      case "user":
        this.#receiver?.onReliable(from, message.payload);
        return undefined;
      case "ping":
        if (message.node !== "" && message.node !== name) return undefined;
        return encode({ type: "ack", seqNo: message.seqNo, payload: new Uint8Array() });
      default:
        throw new Error(`${message.type} is no beginning of a stream`);
    }
  }

  /** In slices: those of thousands take some of the loop's time. */
  async #encodeStates(states: PushPull, isAnswer: boolean): Promise<Uint8Array> {
    const slices = this.#parts.frames.encoding({ type: "pushPull", ...states }, { isAnswer });
    for (;;) {
      await this.#turn();
      const slice = slices.next();
      if (slice.done) return slice.value;
    }
  }

  #allowedOnly(states: PushPull): PushPull {
    const { isAllowed } = this.#parts;
    return { ...states, nodes: states.nodes.filter(({ at }) => isAllowed(at.address)) };
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.soon(resolve));
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
