import { describe, expect, test } from "bun:test";
import { OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import type { Timing } from "../../../../src/gossip/timing.ts";
import { aliveOf, endpointOf, LoneSwim, SELF } from "../../../support/gossip/lone-swim.ts";
import { settle } from "../../../support/manual-clock.ts";

// memberlist's state.go, probeNode.

const NOTHING = new Uint8Array(0);
const older = (protocolMax: number) => ({ versions: { ...OWN_VERSIONS, protocolMax } });

/** A member that knows only n1 and, as helpers, others; at the time of its first ping to n1. */
function probing(helpers: readonly string[] = [], target = aliveOf("n1"), timing: Partial<Timing> = {}) {
  const lone = new LoneSwim({ pushPullIntervalMs: 1_000_000, gossipIntervalMs: 1_000_000, ...timing });
  lone.hear(target);
  lone.swim.start();
  const [first] = lone.clock.pendingMs;
  lone.clock.advance(first ?? 0);
  for (const name of helpers) lone.hear(aliveOf(name));
  const [ping] = lone.transport.messages("ping");
  lone.transport.sent = [];
  return { lone, seqNo: ping?.seqNo ?? -1, ping };
}

describe("a probe", () => {
  test("is a ping to the member, with the own name and address", () => {
    const { ping } = probing();
    expect(ping).toMatchObject({ node: "n1", source: endpointOf(SELF), sourceNode: SELF });
  });

  test("that is answered in time tells the layer above how long it took, and what came with it", () => {
    const { lone, seqNo } = probing();
    lone.clock.advance(40);
    lone.hear({ type: "ack", seqNo, payload: new Uint8Array([1, 2]) });
    expect(lone.delegate.acks).toEqual([
      { member: "n1", rttMs: expect.closeTo(40, 3), payload: new Uint8Array([1, 2]) },
    ]);
    lone.clock.advance(900);
    expect([lone.view("n1"), lone.transport.messages("indirectPing")]).toEqual(["alive 1", []]);
  });

  test("that is not, goes on through three others who live, and over a stream", () => {
    const { lone, seqNo, ping } = probing(["n2", "n3", "n4", "n5", "n6"]);
    lone.hear({ type: "dead", node: "n6", incarnation: 1, from: "n6" });
    lone.hear({ type: "suspect", node: "n5", incarnation: 1, from: "n6" });
    lone.clock.advance(500);
    const asked = lone.transport.sent.filter(({ messages: [first] }) => first?.type === "indirectPing");
    expect(asked.map(({ to }) => to.address).sort()).toEqual(["10.0.1.2", "10.0.1.3", "10.0.1.4"]);
    expect(lone.transport.messages("indirectPing")[0]).toEqual({
      type: "indirectPing",
      seqNo,
      target: endpointOf("n1"),
      node: "n1",
      wantsNack: true,
      source: endpointOf(SELF),
      sourceNode: SELF,
    });
    expect(lone.transport.streamPings).toEqual([{ to: endpointOf("n1"), ping: ping as never, timeoutMs: 500 }]);
  });

  test("is answered by an ack that another brought, or that comes late; that tells nothing of the distance", () => {
    const { lone, seqNo } = probing(["n2"]);
    lone.clock.advance(700);
    lone.hear({ type: "ack", seqNo, payload: NOTHING });
    lone.clock.advance(299);
    expect([lone.view("n1"), lone.delegate.acks]).toEqual(["alive 1", []]);
  });

  test("is answered by a stream, with a warning at its end: something is wrong with UDP", async () => {
    const { lone } = probing(["n2"]);
    lone.transport.answersStreamPings = true;
    lone.clock.advance(500);
    await settle();
    expect(lone.log.messages("warn")).toEqual([]);
    lone.clock.advance(500);
    expect([lone.view("n1"), lone.log.messages("warn").length]).toEqual(["alive 1", 1]);
  });

  test("that nothing answers makes a suspect at the end of the interval, at the incarnation that was probed", () => {
    const { lone } = probing(["n2"], aliveOf("n1", 6));
    lone.clock.advance(999);
    expect(lone.view("n1")).toBe("alive 6");
    lone.clock.advance(1);
    expect(lone.view("n1")).toBe("suspect 6");
  });

  test("of one who refuted in the meantime accuses nobody", () => {
    const { lone } = probing();
    lone.hear(aliveOf("n1", 2));
    lone.clock.advance(1000);
    expect(lone.view("n1")).toBe("alive 2");
  });

  test("does not accuse after this process stood still: the answer may wait in the socket", () => {
    const { lone, seqNo } = probing();
    lone.clock.advance(600);
    lone.clock.stall(30_000);
    expect(lone.view("n1")).toBe("alive 1");
    lone.hear({ type: "ack", seqNo, payload: NOTHING });
    lone.clock.advance(500);
    expect(lone.view("n1")).toBe("alive 1");
  });

  test("asks no stream of a member that does not know them, and no nack of one that gives none", () => {
    const { lone } = probing([], aliveOf("n1", 1, older(2)));
    lone.hear(aliveOf("n2", 1, older(3)));
    lone.clock.advance(500);
    expect(lone.transport.streamPings).toEqual([]);
    expect(lone.transport.messages("indirectPing").map(({ wantsNack }) => wantsNack)).toEqual([false]);
  });
});

describe("a suspect is told so with the ping (Lifeguard's buddy system)", () => {
  test.each([
    [5, true],
    [4, false],
  ])("with highest version %i, and a sum of the packet: %p", (protocolMax, withCrc) => {
    const lone = new LoneSwim({ pushPullIntervalMs: 1_000_000, gossipIntervalMs: 1_000_000 });
    lone.hear(aliveOf("n1", 3, older(protocolMax)), { type: "suspect", node: "n1", incarnation: 3, from: "n9" });
    lone.swim.start();
    lone.clock.advance(1000);
    const [sent] = lone.transport.sent;
    expect(sent?.messages.map(({ type }) => type)).toEqual(["ping", "suspect"]);
    expect(sent?.messages[1]).toEqual({ type: "suspect", node: "n1", incarnation: 3, from: SELF });
    expect(sent?.withCrc).toBe(withCrc);
  });
});

describe("the own health (Lifeguard's local health multiplier)", () => {
  test("gets worse by one with a failed probe when nobody could be asked", () => {
    const { lone } = probing();
    lone.clock.advance(1000);
    expect(lone.swim.healthScore).toBe(1);
  });

  test.each([
    [3, 0],
    [1, 2],
    [0, 3],
    [5, 0],
  ])(
    "with three asked and %i nacks gets worse by %i: who is asked and silent shows that the fault is here",
    (nacks, by) => {
      const { lone, seqNo } = probing(["n2", "n3", "n4"]);
      lone.clock.advance(600);
      for (let nack = 0; nack < nacks; nack++) lone.hear({ type: "nack", seqNo });
      lone.clock.advance(400);
      expect([lone.view("n1"), lone.swim.healthScore]).toEqual(["suspect 1", by]);
    },
  );

  test("gets better with an answer", () => {
    const { lone, seqNo } = probing();
    lone.hear({ type: "suspect", node: SELF, incarnation: 1, from: "n1" });
    expect(lone.swim.healthScore).toBe(1);
    lone.hear({ type: "ack", seqNo, payload: NOTHING });
    expect(lone.swim.healthScore).toBe(0);
  });

  test("makes the whole probe longer, but not the wait for the direct answer", () => {
    const { lone } = probing(["n2", "n3", "n4"]);
    lone.clock.advance(999);
    lone.transport.sent = [];
    lone.transport.streamPings = [];
    // The next probe begins at once: the failed one has taken the whole interval.
    lone.clock.advance(1);
    expect([lone.view("n1"), lone.swim.healthScore, lone.transport.messages("ping").length]).toEqual([
      "suspect 1",
      3,
      1,
    ]);
    lone.clock.advance(500);
    expect(lone.transport.messages("indirectPing").length).toBeGreaterThan(1);
    expect(lone.transport.streamPings[0]?.timeoutMs).toBe(3500);
    const [{ node } = { node: "" }] = lone.transport.messages("ping");
    lone.clock.advance(3499);
    expect([node, lone.view(node)]).not.toEqual([node, "suspect 1"]);
    lone.clock.advance(1);
    expect([node, lone.view(node)]).toEqual([node, "suspect 1"]);
  });
});
