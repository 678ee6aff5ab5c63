import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type NodeState, OWN_VERSIONS, type PacketMessage } from "../../../../src/gossip/messages.ts";
import { aliveOf, endpointOf, LoneSwim, SELF } from "../../../support/gossip/lone-swim.ts";
import { settle } from "../../../support/manual-clock.ts";

const NOTHING = new Uint8Array(0);

describe("a member alone", () => {
  test("knows itself from the beginning, and tells the layer above when it starts", () => {
    const lone = new LoneSwim();
    expect([lone.view(SELF), lone.swim.size, lone.swim.aliveCount]).toEqual(["alive 1", 1, 1]);
    expect(lone.delegate.events).toEqual([]);
    lone.swim.start();
    expect(lone.delegate.events).toEqual(["join self"]);
  });

  test("leaves at once: nobody is to be told", async () => {
    const lone = new LoneSwim();
    lone.swim.start();
    await lone.swim.leave(5000);
    expect(lone.view(SELF)).toBe("left 1");
  });
});

describe("a ping", () => {
  const ping = { type: "ping", seqNo: 9, node: SELF } as const;

  test("is answered with its number and what the layer above gives along", () => {
    const lone = new LoneSwim();
    lone.delegate.payload = new Uint8Array([3]);
    lone.hear(ping);
    expect(lone.transport.sent).toMatchObject([
      { to: endpointOf("n200"), messages: [{ type: "ack", seqNo: 9, payload: new Uint8Array([3]) }] },
    ]);
  });

  test("is answered to the source that it gives, else to where it came from", () => {
    const lone = new LoneSwim();
    lone.hear({ ...ping, source: endpointOf("n7") }, ping);
    expect(lone.transport.sent.map(({ to }) => to)).toEqual([endpointOf("n7"), endpointOf("n200")]);
  });

  test("for another name is not answered, for no name it is", () => {
    const lone = new LoneSwim();
    lone.hear({ ...ping, node: "n3" });
    expect(lone.transport.sent).toEqual([]);
    lone.hear({ ...ping, node: "" });
    expect(lone.transport.messages("ack").length).toBe(1);
  });

  test("is answered also after this member has left", async () => {
    const lone = new LoneSwim();
    await lone.swim.leave(0);
    lone.hear(ping);
    expect(lone.transport.messages("ack").length).toBe(1);
  });
});

describe("leaving", () => {
  function leaving(timeoutMs: number) {
    const lone = new LoneSwim({ probeIntervalMs: 1_000_000, pushPullIntervalMs: 1_000_000 });
    lone.know(3);
    lone.swim.start();
    lone.clock.advance(10_000);
    let isDone = false;
    const left = lone.swim.leave(timeoutMs).then(() => {
      isDone = true;
    });
    return { lone, left, isDone: () => isDone };
  }

  test("is done when it was told often enough", async () => {
    const { lone, left, isDone } = leaving(60_000);
    lone.clock.advance(200);
    await settle();
    expect(isDone()).toBe(false);
    lone.clock.advance(200);
    await left;
    expect(lone.transport.messages("dead").length).toBe(4);
  });

  test("is done after the time that it may take", async () => {
    const { lone, isDone } = leaving(100);
    lone.transport.budget = 10;
    lone.clock.advance(99);
    await settle();
    expect(isDone()).toBe(false);
    lone.clock.advance(1);
    await settle();
    expect(isDone()).toBe(true);
  });

  test("twice is once", async () => {
    const { lone, left } = leaving(1000);
    const again = lone.swim.leave(1000);
    lone.clock.advance(1000);
    await Promise.all([left, again]);
    expect(lone.delegate.events.filter((event) => event === "left self").length).toBe(1);
  });
});

test("messages of the layer above go there, from packets and from streams", () => {
  const lone = new LoneSwim();
  lone.hear({ type: "user", payload: new Uint8Array([1]) });
  lone.swim.onReliable(endpointOf("n3"), new Uint8Array([2]));
  expect(lone.delegate.userMessages).toEqual([
    { payload: new Uint8Array([1]), from: endpointOf("n200") },
    { payload: new Uint8Array([2]), from: endpointOf("n3") },
  ]);
});

test("after the end nothing is taken, sent or waited for", () => {
  const lone = new LoneSwim();
  lone.know(3);
  lone.swim.start();
  lone.hear({ type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  lone.hear({ type: "indirectPing", seqNo: 1, target: endpointOf("n1"), node: "n1", wantsNack: true });
  lone.clock.advance(1100);
  lone.swim.onPushPull(endpointOf("n200"), { isJoin: false, nodes: [], userState: NOTHING });
  lone.swim.close();
  const events = lone.delegate.events.length;
  lone.transport.sent = [];
  lone.hear(aliveOf("n9"), { type: "ping", seqNo: 1, node: SELF }, { type: "user", payload: NOTHING });
  lone.swim.send(endpointOf("n1"), NOTHING, false);
  lone.swim.onReliable(endpointOf("n1"), NOTHING);
  lone.clock.advance(100_000);
  expect([lone.transport.sent, lone.delegate.events.length, lone.delegate.userMessages]).toEqual([[], events, []]);
  expect(lone.clock.pendingMs).toEqual([]);
});

describe("whatever is heard from whomever", () => {
  const node = fc.constantFrom("n1", "n2", "n3", SELF, "", "x".repeat(300));
  const incarnation = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1));
  const at = fc.record({ address: fc.constantFrom("10.0.0.1", "10.0.1.1", "fd00::1"), port: fc.constantFrom(0, 8301) });
  const meta = fc.uint8Array({ maxLength: 600 });
  const versions = fc.constantFrom(undefined, OWN_VERSIONS, { ...OWN_VERSIONS, protocolMin: 0 });
  const seqNo = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const bytes = fc.uint8Array({ maxLength: 40 });
  const accusation = { node, incarnation, from: node };
  const message: fc.Arbitrary<PacketMessage> = fc.oneof(
    fc.record({ type: fc.constant("alive" as const), node, incarnation, at, meta, versions }),
    fc.record({ type: fc.constant("suspect" as const), ...accusation }),
    fc.record({ type: fc.constant("dead" as const), ...accusation }),
    fc.record({ type: fc.constant("ping" as const), seqNo, node }),
    fc.record({ type: fc.constant("indirectPing" as const), seqNo, node, target: at, wantsNack: fc.boolean() }),
    fc.record({ type: fc.constant("ack" as const), seqNo, payload: bytes }),
    fc.record({ type: fc.constant("nack" as const), seqNo }),
    fc.record({ type: fc.constant("user" as const), payload: bytes }),
  );
  const state = fc.constantFrom<NodeState>("alive", "suspect", "dead", "left");
  const states = fc.array(fc.record({ name: node, at, meta, incarnation, state, versions }), { maxLength: 5 });
  const step = fc.oneof(message, states, fc.integer({ min: 1, max: 40_000 }));

  test("a member stays alive in its own eyes, goes on, and keeps little", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const lone = new LoneSwim();
        lone.swim.start();
        let before = lone.swim.member(SELF)?.incarnation ?? 0;
        for (const each of steps) {
          if (typeof each === "number") lone.clock.advance(each);
          else if (Array.isArray(each)) {
            lone.swim.onPushPull(endpointOf("n9"), { isJoin: false, nodes: each, userState: NOTHING });
          } else lone.hear(each);
          const self = lone.swim.member(SELF);
          expect(self?.state).toBe("alive");
          expect(self?.incarnation ?? 0).toBeGreaterThanOrEqual(before);
          before = self?.incarnation ?? 0;
          expect(lone.swim.size).toBeLessThanOrEqual(4);
        }
        const probes = lone.transport.messages("ping").length;
        lone.hear(aliveOf("n4"));
        lone.clock.advance(20_000);
        expect(lone.transport.messages("ping").length).toBeGreaterThan(probes);
        expect(lone.clock.pendingMs.length).toBeLessThan(20);
      }),
    );
  });
});
