import { type Endpoint, OWN_VERSIONS, type Ping, type PushPull } from "../../../src/gossip/messages.ts";
import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import type { Roster } from "../../../src/gossip/swim/roster.ts";
import { Swim } from "../../../src/gossip/swim/swim.ts";
import type { Timing } from "../../../src/gossip/timing.ts";
import type { Transport } from "../../../src/gossip/transport.ts";
import type { Random } from "../../../src/ports/random.ts";
import { silentLogger, silentMeter } from "../../support/silent.ts";
import { Layer, type LayerEvents } from "./layer.ts";
import type { Host, Network } from "./network.ts";
import { NodeClock, type WorldTime } from "./node-clock.ts";
import type { Wire } from "./wire.ts";

/** As much as a socket's buffer has. */
const HELD_MAX = 8192;
const REJOIN_MS = 5000;
const RECONNECT_MS = 30_000;

export interface NodeParts {
  readonly time: WorldTime;
  readonly network: Network;
  readonly random: Random;
  readonly timing: Timing;
  readonly meta: Uint8Array;
  makeRoster(node: SimNode): Roster;
  readonly events: LayerEvents;
}

export function nameOf(index: number): string {
  return `n${index}`;
}

export function endpointOf(index: number): Endpoint {
  return { address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, port: 8301 };
}

/** A host with at most one process, which is a member. */
export class SimNode implements Host {
  readonly index: number;
  readonly name: string;
  life = 0;
  /** Somebody said so on purpose. */
  isLeaving = false;
  at: Endpoint;
  readonly #parts: NodeParts;
  #clock: NodeClock;
  #swim: Swim | undefined;
  #layer: Layer | undefined;
  /** What a process leaves to the next one in its file. */
  #remembered: Map<string, Endpoint> | undefined;
  /** What is to be sent and handled later. */
  #held: (() => void)[] | undefined;

  constructor(index: number, parts: NodeParts) {
    this.index = index;
    this.name = nameOf(index);
    this.at = endpointOf(index);
    this.#parts = parts;
    this.#clock = new NodeClock(parts.time);
    parts.network.attach(this);
  }

  get isUp(): boolean {
    return this.#swim !== undefined;
  }

  get swim(): Swim {
    if (this.#swim === undefined) throw new Error(`${this.name} is not up`);
    return this.#swim;
  }

  get layer(): Layer {
    if (this.#layer === undefined) throw new Error(`${this.name} is not up`);
    return this.#layer;
  }

  get self(): SwimMember {
    const self = this.swim.member(this.name);
    if (self === undefined) throw new Error(`${this.name} does not know itself`);
    return self;
  }

  start(): void {
    const { network, random, timing, meta, events } = this.#parts;
    this.life++;
    this.isLeaving = false;
    this.#clock = new NodeClock(this.#parts.time);
    const layer = new Layer(timing.retransmitMult, events, this.#remembered);
    const swim = new Swim({
      name: this.name,
      at: this.at,
      meta,
      versions: OWN_VERSIONS,
      timing,
      clock: this.#clock,
      random,
      transport: this.#transport(network),
      delegate: layer,
      log: silentLogger,
      meter: silentMeter,
      roster: this.#parts.makeRoster(this),
    });
    layer.attach(swim);
    this.#layer = layer;
    this.#swim = swim;
    swim.start();
  }

  /** Without a word. */
  kill(): void {
    if (this.#swim !== undefined) {
      const others = [...this.#swim.members()].filter(({ name }) => name !== this.name);
      this.#remembered = new Map(others.map(({ name, at }) => [name, at]));
    }
    this.#swim?.close();
    this.#swim = undefined;
    this.#layer = undefined;
    this.#held = undefined;
  }

  /** From another address, when it starts again. */
  move(index: number): void {
    this.#parts.network.detach(this);
    this.at = endpointOf(index);
    this.#parts.network.attach(this);
  }

  /** Messages wait, also those that are to be sent; timers run. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const action of held) action();
  }

  /** The process stands still. */
  pause(): void {
    this.#clock.stop();
    this.hold();
  }

  /** Timers come before what waits in the sockets, as in an event loop. */
  goOn(): void {
    this.#clock.goOn();
    this.release();
  }

  whenHandling(action: () => void): void {
    if (this.#held === undefined) action();
    else if (this.#held.length < HELD_MAX) this.#held.push(action);
  }

  take(from: Endpoint, packet: ReturnType<Wire["packet"]>): void {
    for (const message of packet.open()) this.#swim?.onMessage(from, message);
  }

  exchange(from: Endpoint, states: PushPull): PushPull {
    return this.swim.onPushPull(from, states);
  }

  knowsItselfAs(name: string): boolean {
    return this.name === name;
  }

  /** Tries one of these, and again until one has taken it in. */
  joinBy(seeds: () => Endpoint | undefined): void {
    const { life } = this;
    const seed = seeds();
    const again = () => {
      this.#clock.after(REJOIN_MS, () => {
        if (this.isUp && this.life === life && this.swim.aliveCount < 2) this.joinBy(seeds);
      });
    };
    if (seed === undefined) again();
    else this.swim.pushPull(seed, true).catch(again);
  }

  /** Tries now and then whether one of those who failed is there again, as the layer above does. */
  reconnectForEver(random: Random): void {
    const { life } = this;
    this.#clock.after(RECONNECT_MS * (0.5 + random.float()), () => {
      if (!this.isUp || this.life !== life) return;
      const { failed } = this.layer;
      const tried = failed[Math.floor(random.float() * failed.length)];
      if (tried !== undefined && !this.isLeaving) this.swim.pushPull(tried, true).catch(() => undefined);
      this.reconnectForEver(random);
    });
  }

  #transport(network: Network): Transport {
    return {
      packetBudget: () => network.wire.budget(),
      send: (to, parts, withCrc) => this.whenHandling(() => network.send(this, to, parts, withCrc)),
      sendReliably: () => Promise.resolve(),
      pushPull: (to, own) => network.exchange(this, to, own, this.#parts.timing.streamTimeoutMs),
      pingReliably: (to, { node }: Ping, timeoutMs) => network.ping(this, to, node, timeoutMs),
    };
  }
}
