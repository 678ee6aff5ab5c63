import { describe, expect, test } from "bun:test";
import { type NodeState, OWN_VERSIONS, type PushedNode, type PushPull } from "../../../../src/gossip/messages.ts";
import { aliveOf, endpointOf, LoneSwim, SELF } from "../../../support/gossip/lone-swim.ts";
import { settle } from "../../../support/manual-clock.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const PEER = endpointOf("n200");

const pushed = (name: string, incarnation = 1, state: NodeState = "alive", other: Partial<PushedNode> = {}) => ({
  name,
  incarnation,
  state,
  at: endpointOf(name),
  meta: bytes(),
  versions: OWN_VERSIONS,
  ...other,
});
const stateOf = (nodes: readonly PushedNode[], isJoin = false, userState = bytes()): PushPull => ({
  isJoin,
  nodes,
  userState,
});

/** Merges what a peer gives. */
function merged(lone: LoneSwim, nodes: readonly PushedNode[], isJoin = false): void {
  lone.swim.onPushPull(PEER, stateOf(nodes, isJoin));
  lone.clock.advance(1);
}

describe("states of a peer", () => {
  test("are answered with the own ones, as they were before: then they are merged", () => {
    const lone = new LoneSwim();
    lone.know(1);
    lone.delegate.state = bytes(5);
    const own = lone.swim.onPushPull(PEER, stateOf([pushed("n2")], true));
    expect(own).toMatchObject({ isJoin: true, userState: bytes(5) });
    expect(own.nodes.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(["n1 alive", "self alive"]);
    expect(lone.view("n2")).toBeUndefined();
    lone.clock.advance(1);
    expect(lone.view("n2")).toBe("alive 1");
  });

  test("tell who is alive, and who has left", () => {
    const lone = new LoneSwim();
    lone.know(2);
    merged(lone, [pushed("n1", 4), pushed("n2", 1, "left"), pushed("n3", 1, "left")]);
    expect([lone.view("n1"), lone.view("n2"), lone.view("n3")]).toEqual(["alive 4", "left 1", undefined]);
  });

  test("make suspects of those that are suspect or dead there: they may still say that they live (memberlist's mergeState)", () => {
    const lone = new LoneSwim();
    lone.know(2);
    merged(lone, [pushed("n1", 1, "suspect"), pushed("n2", 1, "dead"), pushed("n3", 1, "dead")]);
    expect([lone.view("n1"), lone.view("n2"), lone.view("n3")]).toEqual(["suspect 1", "suspect 1", undefined]);
  });

  test.each([
    ["few, told on: others may join at the same time", 0, 256, true],
    ["many, kept: all whom one could tell know them", 0, 257, false],
    ["many, told on by one who knows others", 1, 257, true],
  ])("of %s", async (_, known, count, isTold) => {
    const lone = new LoneSwim({ probeIntervalMs: 1_000_000, pushPullIntervalMs: 1_000_000 });
    lone.know(known);
    const { at } = aliveOf("n1");
    merged(
      lone,
      Array.from({ length: count }, (_, index) => pushed(`n${index + 1000}`, 1, "alive", { at })),
    );
    // Many are merged in slices, one in each turn.
    for (let turn = 0; turn < 10; turn++) {
      await settle();
      lone.clock.advance(1);
    }
    expect(lone.swim.size).toBe(1 + known + count);
    lone.swim.start();
    lone.clock.advance(2000);
    expect(lone.transport.messages("alive").some(({ node }) => node.startsWith("n1") && node !== "n1")).toBe(isTold);
  });

  test("that say that this member is dead are refuted", () => {
    const lone = new LoneSwim();
    merged(lone, [pushed(SELF, 3, "dead")]);
    expect(lone.view(SELF)).toBe("alive 4");
  });

  test("of somebody whose versions don't fit are not merged at all", async () => {
    const lone = new LoneSwim();
    merged(lone, [pushed("n1"), pushed("n2", 1, "dead", { versions: undefined })]);
    expect([lone.swim.size, lone.delegate.merged]).toEqual([1, []]);
    await settle();
    expect(lone.log.messages("warn").length).toBe(1);
  });

  test("of one who joins are not merged when the layer above refuses them; else it is not asked", () => {
    const lone = new LoneSwim();
    lone.delegate.mergeRefusal = () => "part of another datacenter";
    merged(lone, [pushed("n1")], true);
    expect(lone.view("n1")).toBeUndefined();
    merged(lone, [pushed("n1")], false);
    expect(lone.view("n1")).toBe("alive 1");
  });

  test("of one who joins are judged before the own ones are given, many in slices", async () => {
    const lone = new LoneSwim();
    const prepared: number[] = [];
    lone.delegate.onPushed = (nodes) => prepared.push(nodes.length);
    lone.delegate.mergeRefusal = (nodes) => (nodes.length > 1 ? "part of another datacenter" : undefined);
    expect(await lone.swim.refuseJoin([pushed("n1")])).toBeUndefined();
    expect(await lone.swim.refuseJoin([pushed("n1", 1, "alive", { versions: undefined })])).toContain("incompatible");
    const many = Array.from({ length: 300 }, (_, at) => pushed(`n${at}`, 1, "alive", { at: endpointOf("n1") }));
    const judged = lone.swim.refuseJoin(many);
    for (let turn = 0; turn < 10; turn++) {
      lone.clock.advance(0.01);
      await settle();
    }
    expect(await judged).toBe("part of another datacenter");
    expect(prepared).toEqual([128, 128, 44]);
  });

  test("bring those of the layer above, after the members", () => {
    const lone = new LoneSwim();
    lone.swim.onPushPull(PEER, stateOf([], true));
    lone.swim.onPushPull(PEER, stateOf([pushed("n1")], true, bytes(1)));
    lone.clock.advance(1);
    expect(lone.delegate.merged).toEqual([{ state: bytes(1), isJoin: true }]);
  });
});

describe("an exchange that this member begins", () => {
  test("gives its states, and merges those of the peer", async () => {
    const lone = new LoneSwim();
    lone.transport.peerState = () => Promise.resolve(stateOf([pushed("n1")], true, bytes(9)));
    await lone.swim.pushPull(PEER, true);
    expect(lone.transport.pushed).toMatchObject([{ to: PEER, own: { isJoin: true, nodes: [{ name: SELF }] } }]);
    expect([lone.view("n1"), lone.delegate.merged]).toEqual(["alive 1", [{ state: bytes(9), isJoin: true }]]);
  });

  test("fails with the reason when the peer can't be reached, or may not be merged", async () => {
    const lone = new LoneSwim();
    await expect(lone.swim.pushPull(PEER, true)).rejects.toThrow("nobody is there");
    lone.transport.peerState = () => Promise.resolve(stateOf([pushed("n1")]));
    lone.delegate.mergeRefusal = () => "part of another datacenter";
    await expect(lone.swim.pushPull(PEER, true)).rejects.toThrow("part of another datacenter");
    await settle();
    expect(lone.view("n1")).toBeUndefined();
  });

  test("changes nothing when the member has gone in the meantime", async () => {
    const lone = new LoneSwim();
    lone.transport.peerState = () => Promise.resolve(stateOf([pushed("n1")]));
    const exchange = lone.swim.pushPull(PEER, true);
    lone.swim.close();
    await expect(exchange).rejects.toThrow("no longer in the pool");
    await settle();
    expect(lone.swim.size).toBe(1);
  });
});

test("of many members are merged in slices, between which others have the event loop", async () => {
  const lone = new LoneSwim();
  lone.swim.onPushPull(PEER, {
    isJoin: true,
    nodes: Array.from({ length: 1000 }, (_, at) => pushed(`n${at}`, 1, "alive", { at: endpointOf("n1") })),
    userState: bytes(1),
  });
  const sizes: number[] = [];
  for (let turn = 0; turn < 100; turn++) {
    lone.clock.advance(0.01);
    await settle();
    if (sizes.at(-1) !== lone.swim.size) sizes.push(lone.swim.size);
  }
  expect(sizes.length).toBeGreaterThan(5);
  expect(sizes.at(-1)).toBe(1001);
  expect(lone.delegate.merged).toHaveLength(1);
});

describe("now and then", () => {
  /** Times of the exchanges, in seconds. */
  async function exchanges(lone: LoneSwim, seconds: number): Promise<number[]> {
    const times: number[] = [];
    for (let second = 0; second < seconds; second++) {
      lone.clock.advance(1000);
      await settle();
      while (times.length < lone.transport.pushed.length) times.push(second);
    }
    return times;
  }

  test("states are exchanged with one who lives, at first after some more than the interval", async () => {
    const lone = new LoneSwim({ probeIntervalMs: 10_000_000 });
    lone.hear(aliveOf("n1"), aliveOf("n2"), aliveOf("n3"));
    lone.hear({ type: "suspect", node: "n2", incarnation: 1, from: "n9" });
    lone.hear({ type: "dead", node: "n3", incarnation: 1, from: "n9" });
    lone.transport.peerState = () => Promise.resolve(stateOf([]));
    lone.swim.start();
    const times = await exchanges(lone, 200);
    const [first = 0] = times;
    expect(first).toBeGreaterThanOrEqual(30);
    expect(first).toBeLessThan(60);
    expect(times.length).toBeGreaterThan(4);
    for (const [at, time] of times.entries()) expect(Math.abs(time - first - at * 30)).toBeLessThanOrEqual(1);
    expect(new Set(lone.transport.pushed.map(({ to }) => to.address))).toEqual(new Set(["10.0.1.1"]));
  });

  test("also after one that failed, and not when nobody is there", async () => {
    const lone = new LoneSwim({ probeIntervalMs: 10_000_000 });
    lone.swim.start();
    expect(await exchanges(lone, 100)).toEqual([]);
    lone.hear(aliveOf("n1"));
    expect((await exchanges(lone, 100)).length).toBeGreaterThan(2);
    expect(lone.log.messages("warn").length).toBeGreaterThan(2);
  });

  test("less often in a large pool", async () => {
    const lone = new LoneSwim({ probeIntervalMs: 10_000_000 });
    lone.know(100);
    lone.transport.peerState = () => Promise.resolve(stateOf([]));
    lone.swim.start();
    expect((await exchanges(lone, 400)).length).toBe(4);
  });
});
