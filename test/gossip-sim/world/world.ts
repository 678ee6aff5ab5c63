import { drainMicrotasks } from "bun:jsc";
import { type Endpoint, OWN_VERSIONS } from "../../../src/gossip/messages.ts";
import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import { MemberRoster, type Roster } from "../../../src/gossip/swim/roster.ts";
import { TIMINGS, type Timing } from "../../../src/gossip/timing.ts";
import { Random } from "../../sim/random.ts";
import { EventQueue } from "../../sim/world/queue.ts";
import { SeededRandom } from "../../support/gossip/seeded-random.ts";
import type { LayerEvents } from "./layer.ts";
import { Network } from "./network.ts";
import { endpointOf, nameOf, SimNode } from "./node.ts";
import { WorldTime } from "./node-clock.ts";
import { Census, SharedRoster } from "./shared-roster.ts";
import { WatchedRoster } from "./watched-roster.ts";
import { ByteWire, ThriftyWire } from "./wire.ts";

/** From so many members on a run is thrifty with memory and time. */
const LARGE_SIZE = 200;

/** What somebody sees of a run. */
export interface Watcher extends Partial<LayerEvents> {
  /** A member's view of one, before it changes. */
  onView?(node: SimNode, before: SwimMember | undefined, after: SwimMember): void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly timing?: Timing;
  readonly watcher?: Watcher;
  /** Of the tags of those who found the pool. */
  readonly metaBytes?: number;
}

/** A pool with its network, in one process and on one clock. */
export class World {
  readonly time = new WorldTime(new EventQueue());
  readonly network: Network;
  readonly nodes: SimNode[] = [];
  readonly timing: Timing;
  /** Of the members. */
  readonly random: SeededRandom;
  events = 0;
  readonly #watcher: Watcher;
  readonly #meta: Uint8Array;
  #census: Census | undefined;
  readonly #isLarge: boolean;

  constructor({ seed, timing = TIMINGS.lan, watcher = {}, metaBytes = 0 }: WorldOptions, sizeMax: number) {
    this.timing = timing;
    this.#meta = new Uint8Array(metaBytes);
    this.#watcher = watcher;
    this.#isLarge = sizeMax >= LARGE_SIZE;
    this.random = new SeededRandom(seed, "members");
    const wire = this.#isLarge ? new ThriftyWire() : new ByteWire();
    this.network = new Network(this.time, new Random(seed, "network"), wire);
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  get up(): SimNode[] {
    return this.nodes.filter(({ isUp }) => isUp);
  }

  /** A pool in which all know all, from the start. */
  found(size: number): void {
    const meta = this.#meta;
    const members = Array.from({ length: size }, (_, index): SwimMember => {
      const known = { name: nameOf(index), at: endpointOf(index), meta, versions: OWN_VERSIONS };
      return { ...known, incarnation: 1, state: "alive", changedMs: Number.NEGATIVE_INFINITY };
    });
    this.#census = new Census(members);
    for (let index = 0; index < size; index++) this.add().start();
  }

  /** A host without a process. */
  add(): SimNode {
    const { time, network, random, timing } = this;
    const meta = this.#meta;
    const events: LayerEvents = {
      onEvent: (id) => this.#watcher.onEvent?.(id),
      onGone: (member) => this.#watcher.onGone?.(member),
      onJoined: (member) => this.#watcher.onJoined?.(member),
    };
    const makeRoster = (owner: SimNode) => this.#rosterOf(owner);
    const node = new SimNode(this.nodes.length, { time, network, random, timing, meta, events, makeRoster });
    this.nodes.push(node);
    return node;
  }

  /** Somebody else to begin with, of the first `founders`. */
  seedFor(node: SimNode, founders: number): Endpoint | undefined {
    const others = this.up.filter((other) => other !== node && !other.isLeaving && other.index < founders);
    return others[Math.floor(this.random.float() * others.length)]?.at;
  }

  run(forMs: number): void {
    this.runUntil(this.nowMs + forMs, () => false);
  }

  /** Until it is so, or the time has come; false for the latter. */
  runUntil(endMs: number, isSo: () => boolean): boolean {
    const { queue } = this.time;
    while (queue.nextMs <= endMs) {
      if (isSo()) return true;
      const next = queue.pop();
      if (next === undefined) break;
      this.time.nowMs = next.atMs;
      this.events++;
      next.action();
      if (this.network.hasSettled) {
        this.network.hasSettled = false;
        drainMicrotasks();
      }
    }
    this.time.nowMs = endMs;
    return isSo();
  }

  #rosterOf(node: SimNode): Roster {
    const isFounded = this.#census !== undefined && node.life === 1 && node.index < this.#census.members.length;
    const inner = isFounded ? this.#foundedRoster(node) : new MemberRoster(this.random);
    const { onView } = this.#watcher;
    if (onView === undefined) return inner;
    return new WatchedRoster(inner, (before, after) => onView(node, before, after));
  }

  #foundedRoster(node: SimNode): Roster {
    const census = this.#census as Census;
    if (this.#isLarge) return new SharedRoster(census, this.random);
    const roster = new MemberRoster(this.random);
    for (const member of census.members) if (member.name !== node.name) roster.set(member);
    return roster;
  }
}
