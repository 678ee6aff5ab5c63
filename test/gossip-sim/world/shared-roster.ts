import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import { below, isGone, pickFrom, type Roster } from "../../../src/gossip/swim/roster.ts";
import type { Random } from "../../../src/ports/random.ts";

const MEMBERS_MAX = 65_536;
const SPARE_PLACES = 64;

/** What all members of a large pool know alike: who was there at the start, each with a number. */
export class Census {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  readonly members: readonly SwimMember[];

  constructor(members: readonly SwimMember[]) {
    this.members = members;
    for (const { name } of members) this.numberOf(name);
  }

  find(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** Of a name that is not there, the next. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#names.push(name) - 1;
    if (number >= MEMBERS_MAX) throw new Error(`a census has at most ${MEMBERS_MAX} names`);
    this.#numbers.set(name, number);
    return number;
  }
}

/**
 * A roster of a pool of thousands, of which there are thousands: only its order and what is not as at the start are its
 * own, some 20 kB with 10,000 members.
 */
export class SharedRoster implements Roster {
  readonly #census: Census;
  readonly #random: Random;
  /** Numbers; the first `#size` count. */
  #order: Uint16Array;
  #size: number;
  #aliveCount: number;
  /** By number: what is not as in the census; null for who is forgotten. */
  readonly #changed = new Map<number, SwimMember | null>();

  constructor(census: Census, random: Random) {
    this.#census = census;
    this.#random = random;
    this.#size = census.members.length;
    this.#aliveCount = this.#size;
    this.#order = new Uint16Array(this.#size + SPARE_PLACES);
    for (let number = 0; number < this.#size; number++) this.#order[number] = number;
    this.#shuffle();
  }

  get size(): number {
    return this.#size;
  }

  get aliveCount(): number {
    return this.#aliveCount;
  }

  get(name: string): SwimMember | undefined {
    const number = this.#census.find(name);
    return number === undefined ? undefined : this.#get(number);
  }

  at(position: number): SwimMember {
    const member = position < this.#size ? this.#get(this.#order[position] as number) : undefined;
    if (member === undefined) throw new Error(`no member at ${position}`);
    return member;
  }

  *members(): Iterable<SwimMember> {
    for (let position = 0; position < this.#size; position++) yield this.at(position);
  }

  set(member: SwimMember): void {
    const number = this.#census.numberOf(member.name);
    const before = this.#get(number);
    if (!isGone(member)) this.#aliveCount++;
    if (before !== undefined && !isGone(before)) this.#aliveCount--;
    this.#changed.set(number, member);
    if (before !== undefined) return;
    if (this.#size === this.#order.length) {
      const longer = new Uint16Array(this.#size * 2);
      longer.set(this.#order);
      this.#order = longer;
    }
    this.#order[this.#size++] = number;
    this.#swap(this.#size - 1, below(this.#random, this.#size));
  }

  renew(isMeant: (member: SwimMember) => boolean): void {
    let kept = 0;
    for (let position = 0; position < this.#size; position++) {
      const number = this.#order[position] as number;
      const member = this.at(position);
      if (isMeant(member)) {
        if (!isGone(member)) this.#aliveCount--;
        this.#changed.set(number, null);
      } else this.#order[kept++] = number;
    }
    this.#size = kept;
    this.#shuffle();
  }

  pick(count: number, isMeant: (member: SwimMember) => boolean): SwimMember[] {
    return pickFrom(this, this.#random, count, isMeant);
  }

  #get(number: number): SwimMember | undefined {
    const changed = this.#changed.get(number);
    if (changed !== undefined) return changed ?? undefined;
    return this.#census.members[number];
  }

  #shuffle(): void {
    for (let end = this.#size; end > 1; end--) this.#swap(end - 1, below(this.#random, end));
  }

  #swap(a: number, b: number): void {
    const kept = this.#order[a] as number;
    this.#order[a] = this.#order[b] as number;
    this.#order[b] = kept;
  }
}
