import type { Random } from "../../ports/random.ts";
import type { SwimMember } from "./delegate.ts";

/** Up to so many members, or below so many for each one wanted, all are looked at: none who is meant is missed. */
const EXHAUSTIVE_MAX = 64;
const EXHAUSTIVE_FACTOR = 3;
/** Else so many random ones are looked at for each member that there is. */
const TRIES_FACTOR = 3;

export function isGone({ state }: SwimMember): boolean {
  return state === "dead" || state === "left";
}

/** All members that are known, in an order that only chance gives. */
export interface Roster {
  readonly size: number;
  /** Those who are neither dead nor left. */
  readonly aliveCount: number;
  get(name: string): SwimMember | undefined;
  /** At a position in the order, from 0 to `size` - 1. */
  at(position: number): SwimMember;
  members(): Iterable<SwimMember>;
  /** Replaces what is known under the name; a new name comes to a random position, so that no place is the last to be probed. */
  set(member: SwimMember): void;
  /** Forgets those for whom `isMeant`, and shuffles the others. */
  renew(isMeant: (member: SwimMember) => boolean): void;
  /** Up to `count` different random members for whom `isMeant`. */
  pick(count: number, isMeant: (member: SwimMember) => boolean): SwimMember[];
}

interface Place {
  member: SwimMember;
}

/** A roster in memory. */
export class MemberRoster implements Roster {
  readonly #random: Random;
  readonly #byName = new Map<string, Place>();
  #order: Place[] = [];
  #aliveCount = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#order.length;
  }

  get aliveCount(): number {
    return this.#aliveCount;
  }

  get(name: string): SwimMember | undefined {
    return this.#byName.get(name)?.member;
  }

  at(position: number): SwimMember {
    return (this.#order[position] as Place).member;
  }

  *members(): Iterable<SwimMember> {
    for (const { member } of this.#order) yield member;
  }

  set(member: SwimMember): void {
    const place = this.#byName.get(member.name);
    if (!isGone(member)) this.#aliveCount++;
    if (place !== undefined) {
      if (!isGone(place.member)) this.#aliveCount--;
      place.member = member;
      return;
    }
    const added = { member };
    this.#byName.set(member.name, added);
    this.#order.push(added);
    this.#swap(this.#order.length - 1, below(this.#random, this.#order.length));
  }

  renew(isMeant: (member: SwimMember) => boolean): void {
    this.#order = this.#order.filter(({ member }) => {
      if (!isMeant(member)) return true;
      if (!isGone(member)) this.#aliveCount--;
      this.#byName.delete(member.name);
      return false;
    });
    for (let end = this.#order.length; end > 1; end--) this.#swap(end - 1, below(this.#random, end));
  }

  pick(count: number, isMeant: (member: SwimMember) => boolean): SwimMember[] {
    return pickFrom(this, this.#random, count, isMeant);
  }

  #swap(a: number, b: number): void {
    const kept = this.#order[a] as Place;
    this.#order[a] = this.#order[b] as Place;
    this.#order[b] = kept;
  }
}

/** A random whole number from 0 to `end` - 1. */
export function below(random: Random, end: number): number {
  return Math.floor(random.float() * end);
}

/** Few members: all are looked at. Many: random ones, so often that a missing one hardly matters (memberlist's kRandomNodes). */
export function pickFrom(
  roster: Pick<Roster, "size" | "at">,
  random: Random,
  count: number,
  isMeant: (member: SwimMember) => boolean,
): SwimMember[] {
  const { size } = roster;
  const picked: SwimMember[] = [];
  if (size <= EXHAUSTIVE_MAX || size < count * EXHAUSTIVE_FACTOR) {
    const all = Array.from({ length: size }, (_, position) => roster.at(position)).filter(isMeant);
    while (picked.length < count && all.length > 0) picked.push(...all.splice(below(random, all.length), 1));
    return picked;
  }
  for (let tries = size * TRIES_FACTOR; tries > 0 && picked.length < count; tries--) {
    const member = roster.at(below(random, size));
    if (isMeant(member) && !picked.includes(member)) picked.push(member);
  }
  return picked;
}
