import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import type { SwimMember } from "../../../../src/gossip/swim/delegate.ts";
import { isGone, MemberRoster } from "../../../../src/gossip/swim/roster.ts";
import { endpointOf } from "../../../support/gossip/lone-swim.ts";
import { SeededRandom } from "../../../support/gossip/seeded-random.ts";

const member = (name: string, state: SwimMember["state"] = "alive"): SwimMember => ({
  name,
  at: endpointOf(name),
  meta: new Uint8Array(0),
  versions: OWN_VERSIONS,
  incarnation: 1,
  state,
  changedMs: 0,
});

function rosterOf(count: number, seed = 1): MemberRoster {
  const roster = new MemberRoster(new SeededRandom(seed, "roster"));
  for (let at = 0; at < count; at++) roster.set(member(`n${at}`));
  return roster;
}

const orderOf = (roster: MemberRoster) => [...roster.members()].map(({ name }) => name);

describe("a roster", () => {
  test("keeps one member of each name, the one that was given last, at the same place", () => {
    const roster = rosterOf(5);
    const order = orderOf(roster);
    roster.set(member("n3", "dead"));
    expect(roster.get("n3")?.state).toBe("dead");
    expect(orderOf(roster)).toEqual(order);
    expect(roster.get("n9")).toBeUndefined();
  });

  test("puts a new one anywhere, so that its first probe is not the last of all (SWIM 4.3)", () => {
    const positions = Array.from({ length: 200 }, (_, seed) => orderOf(rosterOf(10, seed)).indexOf("n9"));
    expect(new Set(positions).size).toBe(10);
  });

  test("forgets who is meant, and shuffles the others", () => {
    const roster = rosterOf(50);
    const order = orderOf(roster);
    roster.set(member("n7", "left"));
    roster.renew(isGone);
    expect(roster.get("n7")).toBeUndefined();
    expect(orderOf(roster)).not.toEqual(order.filter((name) => name !== "n7"));
    expect(orderOf(roster).sort()).toEqual(order.filter((name) => name !== "n7").sort());
  });

  test("counts who is neither dead nor left, whatever happened", () => {
    const step = fc.record({
      name: fc.constantFrom("a", "b", "c", "d"),
      state: fc.constantFrom("alive", "suspect", "dead", "left"),
      renews: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const roster = new MemberRoster(new SeededRandom(1, "counts"));
        for (const { name, state, renews } of steps) {
          roster.set(member(name, state));
          if (renews) roster.renew((each) => each.name === "a" || isGone(each));
        }
        const all = [...roster.members()];
        expect(roster.size).toBe(all.length);
        expect(roster.aliveCount).toBe(all.filter((each) => !isGone(each)).length);
        expect(all.every((each, at) => roster.at(at) === each && roster.get(each.name) === each)).toBe(true);
      }),
    );
  });
});

describe("random members", () => {
  test.each([4, 8, 9, 100])("are different ones, among %i", (count) => {
    const roster = rosterOf(count);
    for (let times = 0; times < 50; times++) {
      const picked = roster.pick(3, () => true);
      expect(new Set(picked).size).toBe(3);
    }
  });

  test("are found even when few of few are meant (memberlist's kRandomNodes)", () => {
    const roster = rosterOf(8);
    for (let times = 0; times < 50; times++) {
      expect(roster.pick(3, ({ name }) => name === "n5").map(({ name }) => name)).toEqual(["n5"]);
    }
  });

  test("are as many as there are, and none among none", () => {
    expect(rosterOf(2).pick(3, () => true).length).toBe(2);
    expect(rosterOf(0).pick(3, () => true)).toEqual([]);
  });

  test("are anybody with the same chance", () => {
    const roster = rosterOf(20);
    const counts = new Map<string, number>();
    for (let times = 0; times < 4000; times++) {
      for (const { name } of roster.pick(3, () => true)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // 600 each are expected; the standard deviation is 24.
    expect(Math.min(...counts.values())).toBeGreaterThan(500);
    expect(Math.max(...counts.values())).toBeLessThan(700);
  });
});
