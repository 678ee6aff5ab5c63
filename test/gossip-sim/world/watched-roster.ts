import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import type { Roster } from "../../../src/gossip/swim/roster.ts";

/** Told before a member's view changes. `before` is undefined for a new one. */
export type OnChange = (before: SwimMember | undefined, after: SwimMember) => void;

/** A roster that tells of its changes. */
export class WatchedRoster implements Roster {
  readonly #inner: Roster;
  readonly #onChange: OnChange;

  constructor(inner: Roster, onChange: OnChange) {
    this.#inner = inner;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#inner.size;
  }
  get aliveCount(): number {
    return this.#inner.aliveCount;
  }
  get(name: string): SwimMember | undefined {
    return this.#inner.get(name);
  }
  at(position: number): SwimMember {
    return this.#inner.at(position);
  }
  members(): Iterable<SwimMember> {
    return this.#inner.members();
  }
  set(member: SwimMember): void {
    this.#onChange(this.#inner.get(member.name), member);
    this.#inner.set(member);
  }
  renew(isMeant: (member: SwimMember) => boolean): void {
    this.#inner.renew(isMeant);
  }
  pick(count: number, isMeant: (member: SwimMember) => boolean): SwimMember[] {
    return this.#inner.pick(count, isMeant);
  }
}
