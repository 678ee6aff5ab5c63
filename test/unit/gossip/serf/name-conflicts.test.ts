import { describe, expect, test } from "bun:test";
import { type Alive, OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import type { SerfOptions } from "../../../../src/gossip/serf/options.ts";
import { HOUR_MS, type SerfNode, SerfWorld } from "../../../support/gossip/serf-world.ts";

const STRANGER = { address: "10.9.9.9", port: 8301 };
const claim = (node: string, at = STRANGER): Alive => ({
  type: "alive",
  incarnation: 1,
  node,
  at,
  meta: new Uint8Array(0),
  versions: OWN_VERSIONS,
});

/** A pool in which some know `self` at a stranger's address. */
function pool(mistaken: number, right: number, options: Partial<SerfOptions> = {}) {
  const world = new SerfWorld();
  const lost: string[] = [];
  const onConflictLost = (matching: number, responses: number) => lost.push(`${matching} of ${responses}`);
  const self = world.add("self", { onConflictLost, ...options });
  for (let i = 0; i < mistaken + right; i++) {
    const other = world.add(`n${i}`);
    self.knows(other.swim.self);
    other.knows(i < mistaken ? { ...self.swim.self, at: STRANGER } : self.swim.self);
  }
  return { world, self, lost };
}

async function vote(world: SerfWorld, self: SerfNode): Promise<void> {
  self.serf.onConflict(self.swim.self, claim("self"));
  await world.gossip();
  await world.pass(HOUR_MS);
}

describe("two members with one name", () => {
  test("others' conflict is a warning; one about this member is an error and told with the other's address", () => {
    const [a, b] = new SerfWorld().pool("a", "b") as [SerfNode, SerfNode];
    a.serf.onConflict(b.swim.self, claim("b"));
    expect(a.log.messages("warn").join()).toContain("Name conflict for 'b'");
    expect(a.conflicts).toEqual([]);
    a.serf.onConflict(a.swim.self, claim("a"));
    expect(a.log.messages("error").join()).toContain("has this one's name");
    expect(a.conflicts).toEqual([STRANGER]);
    expect(a.waiting()).toEqual([]);
  });

  test("the same conflict is told once a minute, however often it is seen", async () => {
    const world = new SerfWorld();
    const a = world.add("a");
    for (let i = 0; i < 3; i++) a.serf.onConflict(a.swim.self, claim("a"));
    expect(a.log.messages("error")).toHaveLength(1);
    expect(a.conflicts).toHaveLength(1);
    await world.pass(60_000);
    a.serf.onConflict(a.swim.self, claim("a"));
    expect(a.log.messages("error")).toHaveLength(2);
    expect(a.conflicts).toHaveLength(2);
  });

  test("where it is to be resolved, more than half must know the name at this address (Serf)", async () => {
    for (const [mistaken, right, outcome] of [
      [2, 1, ["1 of 3"]],
      [1, 1, ["1 of 2"]],
      [1, 2, []],
      [0, 3, []],
    ] as const) {
      const { world, self, lost } = pool(mistaken, right);
      await vote(world, self);
      expect(lost).toEqual([...outcome]);
    }
  });

  test("one vote at a time", async () => {
    const { world, self, lost } = pool(2, 0);
    self.serf.onConflict(self.swim.self, claim("self"));
    self.serf.onConflict(self.swim.self, claim("self"));
    await vote(world, self);
    expect(lost).toEqual(["0 of 2"]);
  });

  test("when nobody answers, and when this member goes meanwhile, it has not lost", async () => {
    const alone = pool(0, 0);
    await vote(alone.world, alone.self);
    expect(alone.lost).toEqual([]);
    const { world, self, lost } = pool(2, 0);
    self.serf.onConflict(self.swim.self, claim("self"));
    await world.gossip();
    await self.serf.close();
    expect(lost).toEqual([]);
  });
});
