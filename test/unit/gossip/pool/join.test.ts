import { describe, expect, test } from "bun:test";
import { type Endpoint, OWN_VERSIONS, type PushedNode, type PushPull } from "../../../../src/gossip/messages.ts";
import { joinAll } from "../../../../src/gossip/pool/join.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { silentLogger } from "../../../support/silent.ts";

const at = (last: number): Endpoint => ({ address: `10.0.0.${last}`, port: 7946 });

function node(name: string, where: Endpoint, state: PushedNode["state"] = "alive"): PushedNode {
  return { name, at: where, meta: new Uint8Array(), incarnation: 1, state, versions: OWN_VERSIONS };
}

/** `lists` says what a peer lists of us, look by look; `undefined` for an address where nobody is. */
function rig(
  lists: (to: Endpoint, look: number) => readonly PushedNode[] | undefined,
  refusal: (nodes: readonly PushedNode[]) => string | undefined = () => undefined,
) {
  const clock = new ManualClock();
  const exchanged: string[] = [];
  const looks = new Map<string, number>();
  let running = 0;
  let parallel = 0;
  const port = {
    exchange: async (to: Endpoint) => {
      exchanged.push(to.address);
      parallel = Math.max(parallel, ++running);
      await settle();
      running--;
      if (lists(to, 0) === undefined) throw new Error("connection refused");
    },
    refuse: async (nodes: readonly PushedNode[]) => refusal(nodes),
    look: async (to: Endpoint, own: PushPull) => {
      if (!exchanged.includes(to.address)) {
        expect(own).toEqual({ isJoin: false, nodes: [], userState: new Uint8Array() });
        return { isJoin: false, nodes: [node("there", to)], userState: new Uint8Array() };
      }
      expect(own).toMatchObject({ isJoin: false, nodes: [{ name: "me" }] });
      const look = looks.get(to.address) ?? 0;
      looks.set(to.address, look + 1);
      return { isJoin: false, nodes: lists(to, look) ?? [], userState: new Uint8Array() };
    },
    self: () => node("me", at(1)),
    clock,
    log: silentLogger,
  };
  const join = async (addresses: readonly Endpoint[]) => {
    const result = joinAll(addresses, port);
    result.catch(() => undefined);
    for (let left = 200; left > 0; left--) {
      await settle();
      clock.advance(100);
    }
    return await result;
  };
  return { join, exchanged, parallel: () => parallel, clock };
}

describe("joining", () => {
  test("counts the peers that list this member, and is content with some", async () => {
    const { join } = rig((to) => (to.address === "10.0.0.3" ? undefined : [node("me", at(1))]));
    expect(await join([at(2), at(3), at(4)])).toBe(2);
  });

  test("a peer that merges a little later, or still knows a death of before, is looked at again", async () => {
    const { join } = rig((_to, look) => [[], [node("me", at(1), "left")], [node("me", at(1))]][look] ?? []);
    expect(await join([at(2)])).toBe(1);
  });

  test("a peer that answers and never lists this member has refused it", async () => {
    const { join } = rig(() => [node("other", at(2))]);
    expect((await failureOf(join([at(2)]))).message).toMatch(
      /^1 error occurred:\n\t\* Failed to join 10\.0\.0\.2:7946: 10\.0\.0\.2:7946 answered, but it does not list this member: .*its log says why.*\n\n$/,
    );
  });

  test("who may not be in a pool with this member does not learn of it", async () => {
    const { join, exchanged } = rig(
      () => [node("me", at(1))],
      (nodes) => (nodes[0]?.at.address === "10.0.0.2" ? "part of another datacenter" : undefined),
    );
    expect((await failureOf(join([at(2)]))).message).toBe(
      "1 error occurred:\n\t* Failed to join 10.0.0.2:7946: part of another datacenter\n\n",
    );
    expect(exchanged).toEqual([]);
    expect(await join([at(2), at(3)])).toBe(1);
    expect(exchanged).toEqual(["10.0.0.3"]);
  });

  test("a peer that knows another one with the name says where that is", async () => {
    const { join } = rig(() => [node("me", at(9))]);
    expect((await failureOf(join([at(2)]))).message).toContain("it knows me at 10.0.0.9:7946 and not at 10.0.0.1:7946");
  });

  test("when nobody takes it in, each address has its reason", async () => {
    const { join } = rig(() => undefined);
    expect((await failureOf(join([at(2), at(3)]))).message).toBe(
      "2 errors occurred:\n\t* Failed to join 10.0.0.2:7946: connection refused\n\t* Failed to join 10.0.0.3:7946: connection refused\n\n",
    );
  });

  test("many are tried some at a time, each once", async () => {
    const many = Array.from({ length: 50 }, (_, index) => at(index + 2));
    const { join, exchanged, parallel } = rig(() => [node("me", at(1))]);
    expect(await join([...many, ...many])).toBe(50);
    expect(exchanged).toHaveLength(50);
    expect(parallel()).toBe(8);
  });

  test("the own address is left out, and is enough only when there is no other", async () => {
    const { join, exchanged } = rig(() => undefined);
    expect(await join([at(1)])).toBe(1);
    expect(await join([])).toBe(0);
    await failureOf(join([at(1), at(2)]));
    expect(exchanged).toEqual(["10.0.0.2"]);
  });
});
