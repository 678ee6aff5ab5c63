import { describe, expect, test } from "bun:test";
import { LamportRing } from "../../../../src/gossip/serf/lamport-ring.ts";

describe("ring of Lamport times", () => {
  test("keeps what was seen at each of the last 512 times", () => {
    const ring = new LamportRing<string>();
    ring.at(1).push("a");
    ring.at(512).push("b");
    ring.at(1).push("c");
    expect(ring.kept()).toEqual([
      { ltime: 512, items: ["b"] },
      { ltime: 1, items: ["a", "c"] },
    ]);
  });

  test("a time takes the place of the one 512 before it", () => {
    const ring = new LamportRing<string>();
    ring.at(3).push("old");
    ring.at(515).push("new");
    expect(ring.kept()).toEqual([{ ltime: 515, items: ["new"] }]);
  });

  test("what is more than 512 times old can't be told from what is new (Serf's EventBuffer)", () => {
    const ring = new LamportRing<string>();
    expect(ring.isTooOld(1, 512)).toBe(false);
    expect(ring.isTooOld(1, 513)).toBe(false);
    expect(ring.isTooOld(1, 514)).toBe(true);
  });

  test("a time that was only looked at is not kept", () => {
    const ring = new LamportRing<string>();
    ring.at(9);
    expect(ring.kept()).toEqual([]);
  });
});
