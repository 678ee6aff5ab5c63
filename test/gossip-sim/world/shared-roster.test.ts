import { expect, test } from "bun:test";
import fc from "fast-check";
import { OWN_VERSIONS } from "../../../src/gossip/messages.ts";
import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import { isGone, MemberRoster } from "../../../src/gossip/swim/roster.ts";
import { SeededRandom } from "../../support/gossip/seeded-random.ts";
import { endpointOf } from "./node.ts";
import { Census, SharedRoster } from "./shared-roster.ts";

const NAMES = ["a", "b", "c", "d", "new"];

const member = (name: string, state: SwimMember["state"]): SwimMember => ({
  name,
  at: endpointOf(NAMES.indexOf(name)),
  meta: new Uint8Array(0),
  versions: OWN_VERSIONS,
  incarnation: 1,
  state,
  changedMs: 0,
});

test("a shared roster knows what one in memory knows, whatever happens", () => {
  const step = fc.record({
    name: fc.constantFrom(...NAMES),
    state: fc.constantFrom("alive", "suspect", "dead", "left"),
    renews: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const founders = NAMES.slice(0, 4).map((name) => member(name, "alive"));
      const shared = new SharedRoster(new Census(founders), new SeededRandom(1, "shared"));
      const plain = new MemberRoster(new SeededRandom(1, "plain"));
      for (const founder of founders) plain.set(founder);
      for (const { name, state, renews } of steps) {
        for (const roster of [shared, plain]) {
          roster.set(member(name, state));
          if (renews) roster.renew(isGone);
        }
        const [ours, theirs] = [shared, plain].map((roster) => {
          const all = [...roster.members()].map((each) => `${each.name} ${each.state}`);
          return { all: all.sort(), size: roster.size, aliveCount: roster.aliveCount, one: roster.get(name) };
        });
        expect(ours).toEqual(theirs);
      }
    }),
  );
});
