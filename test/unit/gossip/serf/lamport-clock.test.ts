import { describe, expect, test } from "bun:test";
import { LamportClock } from "../../../../src/gossip/serf/lamport-clock.ts";

const LEAP = 2 ** 32;
const LAST = Number.MAX_SAFE_INTEGER;

describe("Lamport clock", () => {
  test("begins at 1, so that a join's time of 0 is older than all (Serf)", () => {
    expect(new LamportClock().time).toBe(1);
  });

  test("stamps its time and goes on", () => {
    const clock = new LamportClock();
    expect([clock.stamp(), clock.stamp(), clock.time]).toEqual([1, 2, 3]);
  });

  test("goes past what it sees, and never back (Lamport 1978)", () => {
    const clock = new LamportClock();
    expect(clock.witness(7)).toBe(true);
    expect(clock.time).toBe(8);
    expect(clock.witness(8)).toBe(true);
    expect(clock.time).toBe(9);
    expect(clock.witness(3)).toBe(true);
    expect(clock.time).toBe(9);
  });

  test("a restarted member goes on behind the last time that it saw", () => {
    expect(new LamportClock(41).time).toBe(42);
    expect(new LamportClock(0).time).toBe(1);
  });

  test("a time from a damaged file that nobody can reach is not taken", () => {
    expect(new LamportClock(LAST).time).toBe(1);
  });

  test("a new member takes the pool's time, however far it is, as long as half of all times are left", () => {
    const clock = new LamportClock();
    expect(clock.witness(2 ** 52)).toBe(true);
    expect(clock.time).toBe(2 ** 52 + 1);
    expect(new LamportClock().witness(2 ** 52 + LEAP)).toBe(false);
  });

  test("later a leap of more than 2^32 is not believed and does not move the clock", () => {
    const clock = new LamportClock();
    clock.witness(10);
    expect(clock.witness(11 + LEAP + 1)).toBe(false);
    expect(clock.witness(LAST)).toBe(false);
    expect(clock.time).toBe(11);
    expect(clock.witness(11 + LEAP)).toBe(true);
  });

  test("after a leap times go on and are believed by whoever made the leap, too", () => {
    const [one, other] = [new LamportClock(), new LamportClock()];
    for (const clock of [one, other]) {
      clock.witness(10);
      clock.witness(10 + LEAP);
    }
    expect(other.witness(one.stamp())).toBe(true);
    expect(other.time).toBe(one.time);
  });

  test("at the end of all times it stands still and harms nobody", () => {
    const clock = new LamportClock(2 ** 52);
    while (clock.time < LAST) clock.witness(Math.min(clock.time + LEAP, LAST));
    expect(clock.time).toBe(LAST);
    expect(clock.stamp()).toBe(LAST);
    expect(clock.time).toBe(LAST);
    expect(clock.witness(LAST)).toBe(true);
  });
});
