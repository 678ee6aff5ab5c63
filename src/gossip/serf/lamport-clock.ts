/** No time goes beyond: it is the last whole number that a double holds with its neighbours. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;
/** Farther than this no pool gets while a member is away: a thousand events a second for fifty days. */
const LEAP_MAX = 2 ** 32;
/** A new member can't know how far the pool is, but half of all times must be left after anything that it is told. */
const FIRST_TIME_MAX = 2 ** 52;

/**
 * Lamport's logical time. Who is in the pool can move the clocks of all; so that nobody can take their use away with a few
 * messages, a time that lies too far ahead is not believed. At the end of all times the clock stands still: what is
 * stamped then is no longer ordered, but is still told apart by what it says.
 */
export class LamportClock {
  #time = 1;
  /** Nobody else's time was taken yet. */
  #isFresh = true;

  /** `lastSeen`: the newest time that this member knew before it was restarted; 0 for none. */
  constructor(lastSeen = 0) {
    if (lastSeen >= this.#time && lastSeen <= FIRST_TIME_MAX) this.#time = lastSeen + 1;
  }

  /** The time of the next message. */
  get time(): number {
    return this.#time;
  }

  /** A time for an own message. */
  stamp(): number {
    const time = this.#time;
    this.#time = Math.min(time + 1, TIME_MAX);
    return time;
  }

  /** Goes past another member's time. False when it is not believed: the message must not be taken either. */
  witness(time: number): boolean {
    if (time < this.#time) return true;
    const farthest = this.#isFresh ? Math.max(FIRST_TIME_MAX, this.#time + LEAP_MAX) : this.#time + LEAP_MAX;
    if (time > farthest) return false;
    this.#isFresh = false;
    this.#time = Math.min(time + 1, TIME_MAX);
    return true;
  }
}
