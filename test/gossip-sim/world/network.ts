import type { Endpoint, PushPull } from "../../../src/gossip/messages.ts";
import type { Random } from "../../sim/random.ts";
import type { WorldTime } from "./node-clock.ts";
import { isForAll, type Wire } from "./wire.ts";

/** How packets travel. */
export interface Traits {
  delayMs: number;
  /** Up to so much more. */
  jitterMs: number;
  lossChance: number;
  duplicateChance: number;
  /** Some packets take up to so much longer, and others overtake them. */
  strayChance: number;
  strayMs: number;
}

export const LAN_TRAITS: Traits = {
  delayMs: 0.3,
  jitterMs: 0.7,
  lossChance: 0,
  duplicateChance: 0,
  strayChance: 0,
  strayMs: 0,
};

/** One who sends and receives. */
export interface Host {
  readonly index: number;
  readonly name: string;
  readonly at: Endpoint;
  /** No process listens otherwise. */
  readonly isUp: boolean;
  /** Grows with each start of the process. */
  readonly life: number;
  /** Does it at once, or when this host handles messages again. */
  whenHandling(action: () => void): void;
  take(from: Endpoint, packet: ReturnType<Wire["packet"]>): void;
  exchange(from: Endpoint, states: PushPull): PushPull;
  knowsItselfAs(name: string): boolean;
}

export interface Sums {
  packets: number;
  bytes: number;
  /** Of the packets, those that say something about members, or of the layer above. */
  gossiped: number;
  exchanges: number;
  exchangeBytes: number;
}

const RETRANSMISSION_MS = 200;
/** UDP and IPv4 headers. */
const HEADER_BYTES = 28;
const LINKS_OF_HOST = 65_536;

/** Links between all hosts: lossy, slow, cut, as the traits and the faults say. */
export class Network {
  traits: Traits = { ...LAN_TRAITS };
  sums: Sums = { packets: 0, bytes: 0, gossiped: 0, exchanges: 0, exchangeBytes: 0 };
  /** A promise has been kept or broken: who waits for it is to go on. */
  hasSettled = false;
  /** Sees each part that is for everybody. */
  onPart: ((part: Uint8Array) => void) | undefined;
  /** Leaves out parts of a packet before it is sent. */
  strip: ((parts: readonly Uint8Array[], from: Host) => readonly Uint8Array[]) | undefined;
  readonly wire: Wire;
  readonly #time: WorldTime;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  /** By host; who is in none is in group 0. */
  readonly #groups = new Map<number, number>();
  readonly #cut = new Set<number>();

  constructor(time: WorldTime, random: Random, wire: Wire) {
    this.#time = time;
    this.#random = random;
    this.wire = wire;
  }

  attach(host: Host): void {
    this.#hosts.set(host.at.address, host);
  }

  detach({ at }: Host): void {
    this.#hosts.delete(at.address);
  }

  /** Members of a group reach only each other. */
  split(hosts: Iterable<number>, group: number): void {
    for (const index of hosts) this.#groups.set(index, group);
  }

  cut(from: number, to: number): void {
    this.#cut.add(from * LINKS_OF_HOST + to);
  }

  join(from: number, to: number): void {
    this.#cut.delete(from * LINKS_OF_HOST + to);
  }

  heal(): void {
    this.#groups.clear();
    this.#cut.clear();
    this.traits = { ...LAN_TRAITS };
  }

  send(from: Host, to: Endpoint, all: readonly Uint8Array[], withCrc: boolean): void {
    const target = this.#hosts.get(to.address);
    const parts = this.strip?.(all, from) ?? all;
    const packet = this.wire.packet(parts, withCrc);
    this.#count(parts, packet.bytes);
    if (target === undefined || !this.#reaches(from, target)) return;
    const { lossChance, duplicateChance } = this.traits;
    const copies = duplicateChance > 0 && this.#random.chance(duplicateChance) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (lossChance > 0 && this.#random.chance(lossChance)) continue;
      this.#time.after(this.#delayMs(), () => {
        if (target.isUp) target.whenHandling(() => target.isUp && target.take(from.at, packet));
      });
    }
  }

  /** Like a connection: loss makes it slow, and a cut link ends in silence. */
  async exchange(from: Host, to: Endpoint, own: PushPull, timeoutMs: number): Promise<PushPull> {
    const sent = this.wire.states(own);
    this.sums.exchanges++;
    this.sums.exchangeBytes += sent.bytes;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => this.#settle(() => reject(new Error(why)));
      this.#time.after(timeoutMs, () => fail("timed out"));
      const target = this.#connect(from, to, () => fail("connection refused"));
      if (target === undefined) return;
      this.#hop(from, target, () => {
        const answer = this.wire.states(target.exchange(from.at, sent.read()));
        this.sums.exchangeBytes += answer.bytes;
        this.#hop(target, from, () => this.#settle(() => resolve(answer.read())));
      });
    });
  }

  /** Whether a member of that name answers over a connection in time. */
  ping(from: Host, to: Endpoint, node: string, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasAnswered: boolean) => this.#settle(() => resolve(hasAnswered));
      this.#time.after(timeoutMs, () => end(false));
      const target = this.#connect(from, to, () => end(false));
      if (target === undefined) return;
      this.#hop(from, target, () => this.#hop(target, from, () => end(target.knowsItselfAs(node))));
    });
  }

  #settle(settle: () => void): void {
    settle();
    this.hasSettled = true;
  }

  #count(parts: readonly Uint8Array[], bytes: number): void {
    this.sums.packets++;
    this.sums.bytes += bytes + HEADER_BYTES;
    if (!parts.some(isForAll)) return;
    this.sums.gossiped++;
    const { onPart } = this;
    if (onPart !== undefined) for (const part of parts) if (isForAll(part)) onPart(part);
  }

  /** The host there; undefined when nothing will come of it. Who has no process refuses. */
  #connect(from: Host, to: Endpoint, onRefused: () => void): Host | undefined {
    const target = this.#hosts.get(to.address);
    if (target === undefined || !this.#reaches(from, target) || !this.#reaches(target, from)) return undefined;
    if (target.isUp) return target;
    this.#time.after(2 * this.#streamMs(), onRefused);
    return undefined;
  }

  /** One way of a connection; ends in silence when the process there is another one by then. */
  #hop(from: Host, to: Host, then: () => void): void {
    const { life } = to;
    this.#time.after(2 * this.#streamMs(), () => {
      if (!this.#reaches(from, to)) return;
      to.whenHandling(() => to.isUp && to.life === life && then());
    });
  }

  #reaches({ index: from }: Host, { index: to }: Host): boolean {
    if (this.#cut.size > 0 && this.#cut.has(from * LINKS_OF_HOST + to)) return false;
    return this.#groups.size === 0 || (this.#groups.get(from) ?? 0) === (this.#groups.get(to) ?? 0);
  }

  #delayMs(): number {
    const { delayMs, jitterMs, strayChance, strayMs } = this.traits;
    const isStray = strayChance > 0 && this.#random.chance(strayChance);
    return delayMs + this.#random.next() * (isStray ? jitterMs + strayMs : jitterMs);
  }

  #streamMs(): number {
    let delayMs = this.#delayMs();
    while (this.#random.chance(this.traits.lossChance)) delayMs += RETRANSMISSION_MS;
    return delayMs;
  }
}
