import type { SimNode } from "../world/node.ts";
import type { World } from "../world/world.ts";
import { type Fault, LEAVING_MS } from "./faults.ts";

const LEAVE_TIMEOUT_MS = 5000;
/** Addresses of those who move are far from the others. */
const MOVED_OFFSET = 1000;

/** Does to a pool what a plan says, and undoes it. */
export class Nemesis {
  readonly #world: World;
  readonly #trace: (line: string) => void;
  readonly #founders: number;
  #moves = 0;

  /** The first `founders` hosts are those by whom others join: newcomers that only know each other would be a pool of their own. */
  constructor(world: World, founders: number, trace: (line: string) => void) {
    this.#world = world;
    this.#founders = founders;
    this.#trace = trace;
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#world.time.after(fault.atMs, () => {
        this.#trace(`${(this.#world.nowMs / 1000).toFixed(3)} ${JSON.stringify(fault)}`);
        this.#begin(fault);
      });
    }
  }

  /** A process starts, and joins by another one. */
  start(node: SimNode): void {
    if (node.isUp) return;
    node.start();
    node.joinBy(() => this.#world.seedFor(node, this.#founders));
    node.reconnectForEver(this.#world.random);
  }

  /** Whoever lives goes on, and reaches all. */
  heal(): void {
    this.#world.network.heal();
    for (const node of this.#world.up) node.goOn();
  }

  #begin(fault: Fault) {
    const { network, time } = this.#world;
    switch (fault.kind) {
      case "crash":
        return this.#crash(fault);
      case "leave":
        return this.#leave(fault);
      case "pause":
        return this.#hinder(fault, (node) => node.pause());
      case "slow":
        return this.#hinder(fault, (node) => node.hold());
      case "oneWay":
        network.cut(fault.from, fault.to);
        return time.after(fault.forMs, () => network.join(fault.from, fault.to));
      case "split":
        network.split(fault.nodes, 1);
        return time.after(fault.forMs, () => network.split(fault.nodes, 0));
      case "loss":
        network.traits.lossChance = fault.chance;
        return time.after(fault.forMs, () => {
          network.traits.lossChance = 0;
        });
      case "start":
        return this.start(this.#world.add());
      case "tags":
      case "event":
        return this.#speak(fault);
    }
  }

  #hinder({ node: index, forMs }: { node: number; forMs: number }, hinder: (node: SimNode) => void): void {
    const node = this.#node(index);
    if (!node.isUp) return;
    const { life } = node;
    hinder(node);
    this.#world.time.after(forMs, () => {
      if (node.isUp && node.life === life) node.goOn();
    });
  }

  #crash({ node: index, backMs, moves }: Extract<Fault, { kind: "crash" }>): void {
    const node = this.#node(index);
    // Who is alone has nobody to come back to.
    if (!node.isUp || this.#world.up.length < 3) return;
    node.kill();
    if (moves) node.move(MOVED_OFFSET + this.#moves++);
    if (backMs !== undefined) this.#world.time.after(backMs, () => this.start(node));
  }

  #leave({ node: index, backMs }: Extract<Fault, { kind: "leave" }>): void {
    const node = this.#node(index);
    const stayers = this.#world.up.filter(({ isLeaving }) => !isLeaving);
    if (!node.isUp || node.isLeaving || stayers.length < 3) return;
    const { life } = node;
    node.isLeaving = true;
    node.swim.leave(LEAVE_TIMEOUT_MS).catch(() => undefined);
    this.#world.time.after(LEAVING_MS, () => {
      if (node.life === life) node.kill();
    });
    if (backMs !== undefined) this.#world.time.after(LEAVING_MS + backMs, () => this.start(node));
  }

  #speak({ kind, node: index, atMs }: Extract<Fault, { kind: "tags" | "event" }>): void {
    const node = this.#node(index);
    if (!node.isUp) return;
    if (kind === "event") node.layer.event(Math.floor(atMs));
    else node.swim.setMeta(new TextEncoder().encode(`tags of ${atMs.toFixed(3)}`));
  }

  #node(index: number): SimNode {
    return this.#world.nodes[index] as SimNode;
  }
}
