import { describe, expect, test } from "bun:test";
import { type Dead, OWN_VERSIONS, type Suspect } from "../../../../src/gossip/messages.ts";
import { aliveOf, endpointOf, LoneSwim, SELF } from "../../../support/gossip/lone-swim.ts";

// The rules are memberlist's (state.go: aliveNode, suspectNode, deadNode, refute) where nothing else is said.

const suspect = (node: string, incarnation: number, from = "n100"): Suspect => ({
  type: "suspect",
  node,
  incarnation,
  from,
});
const dead = (node: string, incarnation: number, from = "n100"): Dead => ({ type: "dead", node, incarnation, from });
const bytes = (...values: number[]) => new Uint8Array(values);
const ELSEWHERE = { address: "10.9.9.9", port: 8301 };

/** What is told to all in the next ticks. */
function told(lone: LoneSwim, about: string): string[] {
  lone.transport.sent = [];
  lone.clock.advance(5000);
  const messages = lone.transport.sent.flatMap((packet) => packet.messages);
  const mine = messages.flatMap((message) => ("incarnation" in message && message.node === about ? [message] : []));
  return [...new Set(mine.map(({ type, incarnation }) => `${type} ${incarnation}`))];
}

/** A member that knows n1 and n2 and runs, without exchanges of states and probes that would disturb. */
function running(timing = {}): LoneSwim {
  const lone = new LoneSwim({ probeIntervalMs: 1_000_000, pushPullIntervalMs: 1_000_000, ...timing });
  lone.know(2);
  lone.swim.start();
  lone.clock.advance(5000);
  lone.delegate.events.length = 0;
  return lone;
}

/** A member that has not been started: it hears and remembers, and nothing else. */
function unprobed(count: number): LoneSwim {
  const lone = new LoneSwim();
  lone.know(count);
  return lone;
}

describe("alive", () => {
  test("about a new name is a join, and told on", () => {
    const lone = running();
    lone.hear(aliveOf("n3", 7));
    expect([lone.view("n3"), lone.delegate.events]).toEqual(["alive 7", ["join n3"]]);
    expect(told(lone, "n3")).toEqual(["alive 7"]);
  });

  test("at a known or older incarnation changes nothing", () => {
    const lone = running();
    lone.hear(aliveOf("n1", 5), aliveOf("n1", 5, { meta: bytes(1) }), aliveOf("n1", 4, { meta: bytes(2) }));
    expect([lone.view("n1"), lone.swim.member("n1")?.meta, lone.delegate.events]).toEqual(["alive 5", bytes(), []]);
  });

  test("with another meta is an update; with the same one nothing is to be told above", () => {
    const lone = running();
    lone.hear(aliveOf("n1", 2), aliveOf("n1", 3, { meta: bytes(1) }), aliveOf("n1", 4, { meta: bytes(1) }));
    expect([lone.swim.member("n1")?.meta, lone.delegate.events]).toEqual([bytes(1), ["update n1"]]);
  });

  test("keeps its own copy of the meta: the message may be a part of a large buffer", () => {
    const lone = running();
    const buffer = new Uint8Array(65_536).fill(3);
    lone.hear(aliveOf("n3", 1, { meta: buffer.subarray(10, 12) }));
    buffer.fill(9);
    expect(lone.swim.member("n3")?.meta).toEqual(bytes(3, 3));
  });

  test("ends a suspicion only at a higher incarnation (SWIM 4.2)", () => {
    const lone = unprobed(2);
    lone.hear(suspect("n1", 1), aliveOf("n1", 1));
    expect(lone.view("n1")).toBe("suspect 1");
    lone.hear(aliveOf("n1", 2));
    lone.clock.advance(100_000);
    expect([lone.view("n1"), lone.delegate.events]).toEqual(["alive 2", ["join n1", "join n2"]]);
  });

  test("brings a dead one back at a higher incarnation, as a join", () => {
    const lone = running();
    lone.hear(dead("n1", 1), aliveOf("n1", 1));
    expect(lone.view("n1")).toBe("dead 1");
    lone.hear(aliveOf("n1", 2));
    expect([lone.view("n1"), lone.delegate.events]).toEqual(["alive 2", ["dead n1", "join n1"]]);
  });

  test("without a port means the own one", () => {
    const lone = running();
    lone.hear(aliveOf("n3", 1, { at: { address: "10.0.0.7", port: 0 } }));
    expect(lone.swim.member("n3")?.at).toEqual({ address: "10.0.0.7", port: endpointOf(SELF).port });
  });

  test("that the layer above refuses is not taken, nor told on", () => {
    const lone = running();
    lone.delegate.refusal = ({ node }) => (node === "n3" ? "part of another datacenter" : undefined);
    lone.hear(aliveOf("n3"));
    expect([lone.view("n3"), lone.delegate.events, told(lone, "n3")]).toEqual([undefined, [], []]);
  });
});

describe("alive is refused", () => {
  const versions = (changed: Partial<typeof OWN_VERSIONS>) => ({ versions: { ...OWN_VERSIONS, ...changed } });
  test.each([
    ["without versions (with a delegate for it, memberlist asks for all six)", { versions: undefined }],
    ["with a lowest version of 0", versions({ protocolMin: 0 })],
    ["with a highest version of 0", versions({ protocolMax: 0 })],
    ["with a lowest above the highest", versions({ protocolMin: 4, protocolMax: 3 })],
    ["without an address", { at: { address: "", port: 1 } }],
    ["with more tags than memberlist's limit of 512 bytes", { meta: new Uint8Array(513) }],
    ["with a name that is too long", { node: "x".repeat(256) }],
    ["without a name", { node: "" }],
  ])("%s", (_, changed) => {
    const lone = running();
    const before = lone.swim.size;
    lone.hear({ ...aliveOf("n3"), ...changed });
    expect([lone.swim.size, lone.delegate.events]).toEqual([before, []]);
  });
});

test("what is refused is logged, but not without end: anybody may send it", () => {
  const lone = running();
  lone.delegate.refusal = () => "part of another datacenter";
  for (let at = 3; at < 200; at++) lone.hear(aliveOf(`n${at}`));
  expect(lone.log.messages("warn").length).toBe(4);
  expect(lone.log.lines.find(({ level }) => level === "warn")?.fields).toMatchObject({
    member: "n3",
    why: "part of another datacenter",
  });
});

describe("another address under a known name", () => {
  test("is a conflict while the member lives, or is suspected: it stays as it is", () => {
    const lone = running();
    lone.hear(aliveOf("n1", 9, { at: ELSEWHERE }), suspect("n1", 1), aliveOf("n1", 9, { at: ELSEWHERE }));
    expect([lone.view("n1"), lone.swim.member("n1")?.at]).toEqual(["suspect 1", endpointOf("n1")]);
    expect(lone.delegate.events).toEqual(["conflict n1 10.9.9.9", "conflict n1 10.9.9.9"]);
  });

  test("is taken after it left, at any incarnation", () => {
    const lone = running();
    lone.hear(aliveOf("n1", 5), dead("n1", 5, "n1"), aliveOf("n1", 1, { at: ELSEWHERE }));
    expect([lone.view("n1"), lone.swim.member("n1")?.at]).toEqual(["alive 1", ELSEWHERE]);
    expect(lone.delegate.events).toEqual(["left n1", "join n1"]);
  });

  test("is taken after it is dead for longer than the time of reclaiming, and is a conflict before", () => {
    const lone = running({ deadNodeReclaimMs: 1000 });
    lone.hear(dead("n1", 1), aliveOf("n1", 1, { at: ELSEWHERE }));
    lone.clock.advance(1000);
    lone.hear(aliveOf("n1", 1, { at: ELSEWHERE }));
    expect(lone.view("n1")).toBe("dead 1");
    lone.clock.advance(1);
    lone.hear(aliveOf("n1", 1, { at: ELSEWHERE }));
    expect([lone.view("n1"), lone.swim.member("n1")?.at]).toEqual(["alive 1", ELSEWHERE]);
    const conflict = "conflict n1 10.9.9.9";
    expect(lone.delegate.events).toEqual(["dead n1", conflict, conflict, "join n1"]);
  });

  test("is never taken from a dead one when the time of reclaiming is 0", () => {
    const lone = running({ deadNodeReclaimMs: 0 });
    lone.hear(dead("n1", 1));
    lone.clock.advance(20_000);
    lone.hear(aliveOf("n1", 9, { at: ELSEWHERE }));
    expect([lone.view("n1"), lone.delegate.events]).toEqual(["dead 1", ["dead n1", "conflict n1 10.9.9.9"]]);
  });

  test("and the own name is a conflict, too", () => {
    const lone = running();
    lone.hear(aliveOf(SELF, 9, { at: ELSEWHERE }));
    expect([lone.view(SELF), lone.delegate.events]).toEqual(["alive 1", ["conflict self 10.9.9.9"]]);
  });
});

describe("suspect", () => {
  test("about an unknown one, or of an older incarnation, is ignored", () => {
    const lone = running();
    lone.hear(aliveOf("n1", 5), suspect("n1", 4), suspect("n9", 1));
    expect([lone.view("n1"), lone.view("n9")]).toEqual(["alive 5", undefined]);
  });

  test("about a living one is told on, and takes over its incarnation", () => {
    const lone = running();
    lone.hear(suspect("n1", 3));
    expect(lone.view("n1")).toBe("suspect 3");
    expect(told(lone, "n1")).toEqual(["suspect 3"]);
  });

  test("by another one is a confirmation and told on, by the same one again it is not", () => {
    const lone = running();
    lone.know(10);
    lone.hear(suspect("n1", 1, "n2"));
    lone.clock.advance(5000);
    lone.hear(suspect("n1", 1, "n2"));
    expect(told(lone, "n1")).toEqual([]);
    lone.hear(suspect("n1", 1, "n3"));
    expect(told(lone, "n1")).toEqual(["suspect 1"]);
  });

  test("about one who is dead or has left changes nothing", () => {
    const lone = running();
    lone.hear(dead("n1", 1), dead("n2", 1, "n2"), suspect("n1", 1), suspect("n2", 1));
    expect([lone.view("n1"), lone.view("n2")]).toEqual(["dead 1", "left 1"]);
  });

  test("that nobody refutes ends as dead, said by this member", () => {
    const lone = unprobed(2);
    lone.hear(suspect("n1", 1));
    lone.clock.advance(3999);
    expect(lone.view("n1")).toBe("suspect 1");
    lone.clock.advance(1);
    expect([lone.view("n1"), lone.delegate.events.at(-1)]).toEqual(["dead 1", "dead n1"]);
    lone.swim.start();
    lone.clock.advance(1000);
    expect(lone.transport.messages("dead")[0]).toEqual(dead("n1", 1, SELF));
  });

  test.each([
    ["two", ["n3", "n4"], 4000],
    ["one", ["n3"], Math.floor(24_000 - 20_000 * (Math.log(2) / Math.log(3)))],
    ["no", [], 24_000],
  ])("with %s others who confirm %p ends after %i ms (Lifeguard)", (_, confirmers, expectedMs) => {
    const lone = unprobed(5);
    lone.hear(suspect("n1", 1, "n2"), ...confirmers.map((from) => suspect("n1", 1, from)));
    lone.clock.advance(expectedMs - 1);
    expect(lone.view("n1")).toBe("suspect 1");
    lone.clock.advance(1);
    expect(lone.view("n1")).toBe("dead 1");
  });
});

describe("dead", () => {
  test("about an unknown one, or of an older incarnation, is ignored", () => {
    const lone = running();
    lone.hear(aliveOf("n1", 5), dead("n1", 4), dead("n9", 1));
    expect([lone.view("n1"), lone.view("n9"), lone.delegate.events]).toEqual(["alive 5", undefined, []]);
  });

  test("is told on and is a leave; said by itself it has left", () => {
    const lone = running();
    lone.hear(dead("n1", 3), dead("n2", 1, "n2"));
    expect([lone.view("n1"), lone.view("n2"), lone.delegate.events]).toEqual([
      "dead 3",
      "left 1",
      ["dead n1", "left n2"],
    ]);
    expect(told(lone, "n1")).toEqual(["dead 3"]);
  });

  test("a second time changes nothing, and does not make a left one dead", () => {
    const lone = running();
    lone.hear(dead("n1", 1, "n1"));
    lone.clock.advance(5000);
    lone.hear(dead("n1", 2));
    expect([lone.view("n1"), lone.delegate.events, told(lone, "n1")]).toEqual(["left 1", ["left n1"], []]);
  });

  test("ends the time of the suspicion: it is not dead twice", () => {
    const lone = unprobed(2);
    lone.hear(suspect("n1", 1), dead("n1", 1), aliveOf("n1", 2));
    lone.clock.advance(100_000);
    expect(lone.view("n1")).toBe("alive 2");
  });
});

describe("what others say about this member", () => {
  test.each([
    ["suspected", suspect(SELF, 1)],
    ["dead", dead(SELF, 1)],
    ["left, as a state of a peer", dead(SELF, 1, SELF)],
    ["alive with another meta", aliveOf(SELF, 1, { meta: bytes(7) })],
    ["alive with other versions", aliveOf(SELF, 1, { versions: { ...OWN_VERSIONS, delegateCurrent: 3 } })],
  ])("%s: it says that it is alive, at the next incarnation, and is less sure of itself", (_, message) => {
    const lone = running();
    lone.hear(message);
    expect([lone.view(SELF), lone.swim.healthScore, lone.delegate.events]).toEqual(["alive 2", 1, []]);
    expect(told(lone, SELF)).toEqual(["alive 2"]);
  });

  test("of a later incarnation is answered with one that beats it", () => {
    const lone = running();
    lone.hear(suspect(SELF, 41));
    expect(lone.view(SELF)).toBe("alive 42");
    lone.hear(aliveOf(SELF, 50));
    expect(lone.view(SELF)).toBe("alive 51");
  });

  test("of an earlier incarnation, or as it is, needs no new incarnation", () => {
    const lone = running();
    lone.hear(suspect(SELF, 5));
    lone.clock.advance(5000);
    lone.hear(suspect(SELF, 5), dead(SELF, 2), aliveOf(SELF, 6), aliveOf(SELF, 5, { meta: bytes(1) }));
    expect([lone.view(SELF), told(lone, SELF)]).toEqual(["alive 6", []]);
  });

  test("of an earlier incarnation is answered alone to whoever still says it: it has missed the refutation", () => {
    const lone = running();
    lone.hear(suspect(SELF, 5));
    lone.clock.advance(5000);
    lone.transport.sent = [];
    lone.hear(suspect(SELF, 5), dead(SELF, 2));
    expect(lone.transport.sent.map(({ to }) => to)).toEqual([endpointOf("n200"), endpointOf("n200")]);
    expect(lone.transport.messages("alive").map(({ node, incarnation }) => [node, incarnation])).toEqual([
      [SELF, 6],
      [SELF, 6],
    ]);
    for (let times = 0; times < 100; times++) lone.hear(suspect(SELF, 5));
    expect(lone.transport.sent.length).toBe(16);
  });

  test("at the highest incarnation can't be beaten, and does no harm here", () => {
    const lone = running();
    lone.hear(suspect(SELF, 2 ** 32 - 1));
    expect(lone.view(SELF)).toBe(`alive ${2 ** 32 - 1}`);
    expect(told(lone, SELF)).toEqual([`alive ${2 ** 32 - 1}`]);
  });
});

describe("a member that leaves", () => {
  test("says so itself, and no longer refutes", async () => {
    const lone = running();
    const left = lone.swim.leave(100_000);
    expect([lone.view(SELF), lone.delegate.events]).toEqual(["left 1", ["left self"]]);
    expect(told(lone, SELF)).toEqual(["dead 1"]);
    lone.hear(dead(SELF, 1), suspect(SELF, 1), aliveOf(SELF, 9));
    expect(lone.view(SELF)).toBe("left 1");
    await left;
  });

  test("does not announce other tags any more", () => {
    const lone = running();
    void lone.swim.leave(100_000);
    lone.swim.setMeta(bytes(1));
    expect([lone.view(SELF), lone.swim.member(SELF)?.meta]).toEqual(["left 1", bytes()]);
  });
});

describe("other tags of this member", () => {
  test("are told to all at the next incarnation, and above", () => {
    const lone = running();
    lone.swim.setMeta(bytes(1));
    expect([lone.view(SELF), lone.swim.member(SELF)?.meta, lone.delegate.events]).toEqual([
      "alive 2",
      bytes(1),
      ["update self"],
    ]);
    expect(told(lone, SELF)).toEqual(["alive 2"]);
  });
});

test("who accuses with a name that is too long is not heard: it would be kept, and told on", () => {
  const lone = running();
  const from = "x".repeat(256);
  lone.hear(suspect("n1", 1, from), dead("n2", 1, from));
  expect([lone.view("n1"), lone.view("n2")]).toEqual(["alive 1", "alive 1"]);
});

test("more members than the limit are not taken in", () => {
  const lone = new LoneSwim();
  const { at } = aliveOf("n1");
  for (let count = 1; count < 65_536; count++) lone.hear(aliveOf(`n${count}`, 1, { at }));
  expect(lone.swim.size).toBe(65_536);
  lone.hear(aliveOf("n70000", 1, { at }), aliveOf("n1", 2));
  expect([lone.swim.size, lone.view("n70000"), lone.view("n1")]).toEqual([65_536, undefined, "alive 2"]);
});
