import { describe, expect, test } from "bun:test";
import { OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import { encodeMessage } from "../../../../src/gossip/wire/encode.ts";
import { aliveOf, endpointOf, LoneSwim } from "../../../support/gossip/lone-swim.ts";

const user = (...payload: number[]) => ({ type: "user", payload: new Uint8Array(payload) }) as const;
const dead = (node: string, from = "n200") => ({ type: "dead", node, incarnation: 1, from }) as const;

/** A member that knows some others, and has told all that it has to tell. */
function quiet(count: number, timing = {}): LoneSwim {
  const lone = new LoneSwim({ probeIntervalMs: 1_000_000, pushPullIntervalMs: 1_000_000, ...timing });
  lone.know(count);
  lone.swim.start();
  lone.clock.advance(20_000);
  lone.transport.sent = [];
  return lone;
}

/** Who gets something, by name. */
const receivers = (lone: LoneSwim) => lone.transport.sent.map(({ to }) => `n${to.address.split(".").at(-1)}`);

describe("gossip", () => {
  test("has no ticks while nothing waits", () => {
    const lone = quiet(5);
    // What is left: the next probe and the next exchange of states.
    expect(lone.clock.pendingMs.length).toBe(2);
    lone.hear(aliveOf("n6"));
    expect(lone.clock.pendingMs.length).toBe(3);
  });

  test("goes to three different members in each interval, until it was sent often enough", () => {
    const lone = quiet(8);
    lone.hear(aliveOf("n9"));
    const ticks: string[][] = [];
    for (let tick = 0; tick < 5; tick++) {
      lone.transport.sent = [];
      lone.clock.advance(200);
      ticks.push(receivers(lone));
    }
    // Ten are known: 4 * 2 transmits.
    expect(ticks.map(({ length }) => length)).toEqual([3, 3, 2, 0, 0]);
    for (const names of ticks) expect(new Set(names).size).toBe(names.length);
  });

  test("goes to suspects, and for a short time to who is dead or has left: it may be there again, and refute", () => {
    const lone = quiet(0);
    lone.hear(aliveOf("n1"), aliveOf("n2"), aliveOf("n3"));
    lone.hear({ type: "suspect", node: "n1", incarnation: 1, from: "n200" }, dead("n2"), dead("n3", "n3"));
    lone.clock.advance(10_000);
    expect(new Set(receivers(lone))).toEqual(new Set(["n1", "n2", "n3"]));
    lone.transport.sent = [];
    lone.clock.advance(25_000);
    lone.hear(aliveOf("n4"));
    lone.clock.advance(10_000);
    expect(new Set(receivers(lone))).toEqual(new Set(["n1", "n4"]));
  });

  test("waits for somebody to tell, without ticks", () => {
    const lone = quiet(0);
    lone.swim.setMeta(new Uint8Array([1]));
    lone.clock.advance(1000);
    expect([lone.transport.sent, lone.clock.pendingMs.length]).toEqual([[], 2]);
    lone.hear(aliveOf("n1"));
    lone.clock.advance(200);
    expect(lone.transport.messages("alive").map(({ node }) => node)).toContain("self");
  });

  test("puts messages about members first, and fills the packet with those of the layer above", () => {
    const lone = quiet(3);
    lone.delegate.waiting = [encodeMessage(user(1)), encodeMessage(user(2))];
    lone.hear(aliveOf("n4"));
    lone.clock.advance(200);
    expect(lone.transport.sent[0]?.messages.map(({ type }) => type)).toEqual(["alive", "user", "user"]);
    expect(lone.transport.sent[1]?.messages.map(({ type }) => type)).toEqual(["alive"]);
  });

  test("of the layer above alone goes out when that says that something waits", () => {
    const lone = quiet(3);
    lone.delegate.waiting = [encodeMessage(user(1))];
    lone.swim.wake();
    lone.clock.advance(200);
    expect(lone.transport.messages("user")).toEqual([user(1)]);
    lone.clock.advance(1000);
    expect(lone.clock.pendingMs.length).toBe(2);
  });

  test("keeps to the budget of a packet, with what each part costs", () => {
    const lone = quiet(3);
    lone.transport.budget = 200;
    for (let at = 10; at < 60; at++) lone.hear(aliveOf(`n${at}`));
    lone.clock.advance(10_000);
    expect(lone.transport.sent.length).toBeGreaterThan(20);
    for (const { bytes, messages } of lone.transport.sent) expect(bytes + 2 * messages.length).toBeLessThanOrEqual(200);
  });

  test("has a sum of the packet for members that check it: from version 5 on", () => {
    const lone = quiet(0);
    lone.hear(aliveOf("n1"), aliveOf("n2", 1, { versions: { ...OWN_VERSIONS, protocolMax: 4 } }));
    lone.clock.advance(2000);
    const sums = new Map(lone.transport.sent.map(({ to, withCrc }) => [to.address, withCrc]));
    expect(Object.fromEntries(sums)).toEqual({ "10.0.1.1": true, "10.0.1.2": false });
  });

  test("ends with the member", () => {
    const lone = quiet(3);
    lone.hear(aliveOf("n4"));
    lone.swim.close();
    lone.swim.wake();
    expect(lone.clock.pendingMs).toEqual([]);
  });
});

describe("what goes to one member takes along what waits", () => {
  test("an answer to a ping, and it counts as sent", () => {
    const lone = quiet(3);
    lone.hear(aliveOf("n4"));
    for (let seqNo = 0; seqNo < 9; seqNo++) lone.hear({ type: "ping", seqNo, node: "self", source: endpointOf("n1") });
    const kinds = lone.transport.sent.map(({ messages }) => messages.map(({ type }) => type).join(" "));
    // Five are known: 4 transmits.
    expect(kinds).toEqual([...Array(4).fill("ack alive"), ...Array(5).fill("ack")]);
  });

  test("a message of the layer above", () => {
    const lone = quiet(3);
    lone.hear(aliveOf("n4"));
    lone.swim.send(endpointOf("n1"), new Uint8Array([7]), true);
    expect(lone.transport.sent).toMatchObject([{ to: endpointOf("n1"), withCrc: true }]);
    expect(lone.transport.sent[0]?.messages.map(({ type }) => type)).toEqual(["user", "alive"]);
    expect(lone.transport.sent[0]?.messages[0]).toEqual(user(7));
  });
});
