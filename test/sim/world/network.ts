import type { NetworkSwarm } from "../plan/swarm.ts";
import type { Random } from "../random.ts";
import type { Context } from "./context.ts";

/** Messages between hosts, which are numbers. What is cut or clogged holds until its time; all can overlap. */
export class Network {
  readonly #context: Context;
  readonly #random: Random;
  #swarm: NetworkSwarm;
  /** By link: until when nothing passes. */
  readonly #cutUntilMs = new Map<number, number>();
  readonly #clogUntilMs = new Map<number, number>();
  readonly #lastArrivalMs = new Map<number, number>();

  constructor(context: Context, swarm: NetworkSwarm) {
    this.#context = context;
    this.#random = context.random("network");
    this.#swarm = swarm;
  }

  /** Calls `arrive` once, never, or more than once. */
  send(from: number, to: number, arrive: () => void): void {
    const random = this.#random;
    if (this.isCut(from, to)) return;
    if (this.#swarm.lossChance > 0 && random.chance(this.#swarm.lossChance)) return;
    this.#deliver(from, to, arrive, this.#swarm.isOrdered);
    if (this.#swarm.duplicateChance > 0 && random.chance(this.#swarm.duplicateChance)) {
      const laterMs = random.chance(0.5) ? 0 : random.around(this.#swarm.slowMs);
      this.#context.after(laterMs, () => this.#deliver(from, to, arrive, false));
    }
  }

  isCut(from: number, to: number): boolean {
    return (this.#cutUntilMs.get(linkOf(from, to)) ?? 0) > this.#context.nowMs;
  }

  /** Nothing gets from one to the other for so long. */
  cut(from: number, to: number, forMs: number): void {
    this.#cutUntilMs.set(linkOf(from, to), this.#context.nowMs + forMs);
  }

  clog(from: number, to: number, forMs: number): void {
    this.#clogUntilMs.set(linkOf(from, to), this.#context.nowMs + forMs);
  }

  /** From here on messages arrive, once, and after `delayMs` at most on the average. */
  heal(delayMs: number): void {
    this.#cutUntilMs.clear();
    this.#clogUntilMs.clear();
    // What is still on its way holds up nothing: new connections take the place of those that hang.
    this.#lastArrivalMs.clear();
    const quick = { lossChance: 0, duplicateChance: 0, slowChance: 0, delayMs: Math.min(delayMs, this.#swarm.delayMs) };
    this.#swarm = { ...this.#swarm, ...quick };
  }

  #deliver(from: number, to: number, arrive: () => void, isOrdered: boolean): void {
    const { nowMs } = this.#context;
    const { delayMs, slowChance, slowMs } = this.#swarm;
    const link = linkOf(from, to);
    const isSlow = slowChance > 0 && this.#random.chance(slowChance);
    let atMs = nowMs + delayMs * 0.5 + this.#random.around(isSlow ? slowMs : delayMs * 0.5);
    atMs = Math.max(atMs, this.#clogUntilMs.get(link) ?? 0);
    if (isOrdered) {
      atMs = Math.max(atMs, this.#lastArrivalMs.get(link) ?? 0);
      this.#lastArrivalMs.set(link, atMs);
    }
    this.#context.at(atMs, () => {
      if (!this.isCut(from, to)) arrive();
    });
  }
}

const HOSTS_MAX = 64;

function linkOf(from: number, to: number): number {
  return from * HOSTS_MAX + to;
}
