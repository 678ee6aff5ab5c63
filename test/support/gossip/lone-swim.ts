import {
  type Alive,
  type Endpoint,
  OWN_VERSIONS,
  type PacketMessage,
  type Ping,
  type PushPull,
} from "../../../src/gossip/messages.ts";
import { Swim } from "../../../src/gossip/swim/swim.ts";
import { TIMINGS, type Timing } from "../../../src/gossip/timing.ts";
import type { Transport } from "../../../src/gossip/transport.ts";
import { decodeMessage } from "../../../src/gossip/wire/decode.ts";
import { ManualClock } from "../manual-clock.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { silentMeter } from "../silent.ts";
import { RecordingDelegate } from "./recording-delegate.ts";
import { SeededRandom } from "./seeded-random.ts";

const BUDGET_BYTES = 1398;
export const SELF = "self";

export const endpointOf = (node: string): Endpoint =>
  node === SELF ? { address: "10.0.0.1", port: 8301 } : { address: `10.0.1.${Number(node.slice(1))}`, port: 8301 };

interface Sent {
  readonly to: Endpoint;
  readonly messages: readonly PacketMessage[];
  readonly withCrc: boolean;
  readonly bytes: number;
}

/** A network on which nobody else is: keeps what is sent, and answers streams as it is told. */
export class RecordingTransport implements Transport {
  sent: Sent[] = [];
  budget = BUDGET_BYTES;
  streamPings: { to: Endpoint; ping: Ping; timeoutMs: number }[] = [];
  pushed: { to: Endpoint; own: PushPull }[] = [];
  answersStreamPings = false;
  peerState: () => Promise<PushPull> = () => Promise.reject(new Error("nobody is there"));

  packetBudget(): number {
    return this.budget;
  }
  send(to: Endpoint, parts: readonly Uint8Array[], withCrc: boolean): void {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    this.sent.push({ to, messages: parts.map(decodeMessage), withCrc, bytes });
  }
  sendReliably(): Promise<void> {
    return Promise.resolve();
  }
  pushPull(to: Endpoint, own: PushPull): Promise<PushPull> {
    this.pushed.push({ to, own });
    return this.peerState();
  }
  pingReliably(to: Endpoint, ping: Ping, timeoutMs: number): Promise<boolean> {
    this.streamPings.push({ to, ping, timeoutMs });
    return Promise.resolve(this.answersStreamPings);
  }
  /** All messages of a kind that were sent, in order. */
  messages<Type extends PacketMessage["type"]>(type: Type): Extract<PacketMessage, { type: Type }>[] {
    const all = this.sent.flatMap(({ messages }) => messages);
    return all.filter((message): message is Extract<PacketMessage, { type: Type }> => message.type === type);
  }
}

/** One member whose network a test plays. */
export class LoneSwim {
  readonly clock = new ManualClock();
  readonly transport = new RecordingTransport();
  readonly delegate = new RecordingDelegate();
  readonly log = new RecordingLogger();
  readonly swim: Swim;

  constructor(timing: Partial<Timing> = {}, { versions = OWN_VERSIONS, meta = new Uint8Array(0) } = {}) {
    this.swim = new Swim({
      name: SELF,
      at: endpointOf(SELF),
      meta,
      versions,
      timing: { ...TIMINGS.lan, ...timing },
      clock: this.clock,
      random: new SeededRandom(1, "lone swim"),
      transport: this.transport,
      delegate: this.delegate,
      log: this.log,
      meter: silentMeter,
    });
  }

  /** As if these were heard from the network. */
  hear(...messages: PacketMessage[]): void {
    for (const message of messages) this.swim.onMessage(endpointOf("n200"), message);
  }

  /** Makes n1, n2, ... known. */
  know(count: number): void {
    for (let at = 1; at <= count; at++) this.hear(aliveOf(`n${at}`));
  }

  /** `alive 3`: state and incarnation; undefined when it is not known. */
  view(node: string): string | undefined {
    const member = this.swim.member(node);
    return member === undefined ? undefined : `${member.state} ${member.incarnation}`;
  }
}

export function aliveOf(node: string, incarnation = 1, other: Partial<Alive> = {}): Alive {
  const meta = new Uint8Array(0);
  return { type: "alive", node, incarnation, at: endpointOf(node), meta, versions: OWN_VERSIONS, ...other };
}
