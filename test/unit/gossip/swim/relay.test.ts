import { describe, expect, test } from "bun:test";
import type { IndirectPing } from "../../../../src/gossip/messages.ts";
import { endpointOf, LoneSwim, SELF } from "../../../support/gossip/lone-swim.ts";

// memberlist's net.go, handleIndirectPing.

const NOTHING = new Uint8Array(0);

const request = (other: Partial<IndirectPing> = {}): IndirectPing => ({
  type: "indirectPing",
  seqNo: 77,
  target: endpointOf("n5"),
  node: "n5",
  wantsNack: true,
  source: endpointOf("n6"),
  sourceNode: "n6",
  ...other,
});

function asked(other: Partial<IndirectPing> = {}) {
  const lone = new LoneSwim();
  lone.hear(request(other));
  const [ping] = lone.transport.messages("ping");
  return { lone, seqNo: ping?.seqNo ?? -1 };
}

describe("a ping on behalf of another", () => {
  test("has a number and a source of its own", () => {
    const { lone, seqNo } = asked();
    const [sent] = lone.transport.sent;
    expect([sent?.to, sent?.messages]).toEqual([
      endpointOf("n5"),
      [{ type: "ping", seqNo, node: "n5", source: endpointOf(SELF), sourceNode: SELF }],
    ]);
    expect(seqNo).not.toBe(77);
  });

  test("that is answered is told with the number of who asked, without what came with it", () => {
    const { lone, seqNo } = asked();
    lone.clock.advance(400);
    lone.hear({ type: "ack", seqNo, payload: new Uint8Array([1]) });
    lone.clock.advance(5000);
    expect(lone.transport.sent.slice(1)).toMatchObject([
      { to: endpointOf("n6"), messages: [{ type: "ack", seqNo: 77, payload: NOTHING }] },
    ]);
  });

  test("that is not answered in time is told, when that is wanted; later nothing is", () => {
    const { lone, seqNo } = asked();
    lone.clock.advance(499);
    expect(lone.transport.messages("nack")).toEqual([]);
    lone.clock.advance(1);
    lone.hear({ type: "ack", seqNo, payload: NOTHING });
    expect(lone.transport.sent.slice(1)).toMatchObject([
      { to: endpointOf("n6"), messages: [{ type: "nack", seqNo: 77 }] },
    ]);
  });

  test("of one who wants no nack stays without an answer", () => {
    const { lone } = asked({ wantsNack: false });
    lone.clock.advance(5000);
    expect(lone.transport.sent.length).toBe(1);
  });

  test("is answered to where the packet came from when it says no other", () => {
    const lone = new LoneSwim();
    const { source: _, sourceNode: __, ...rest } = request();
    lone.hear(rest);
    lone.clock.advance(500);
    expect(lone.transport.sent.at(-1)).toMatchObject({ to: endpointOf("n200"), messages: [{ type: "nack" }] });
  });

  test("without a port goes to the own one", () => {
    const { lone } = asked({ target: { address: "10.0.0.7", port: 0 } });
    expect(lone.transport.sent[0]?.to).toEqual({ address: "10.0.0.7", port: endpointOf(SELF).port });
  });
});

test("a name that is too long is not passed on", () => {
  expect(asked({ node: "x".repeat(256) }).lone.transport.sent).toEqual([]);
});

test("there are at most so many in a second, whoever asks: a member is no amplifier", () => {
  const lone = new LoneSwim();
  for (let seqNo = 0; seqNo < 1000; seqNo++) lone.hear(request({ seqNo }));
  expect(lone.transport.messages("ping").length).toBe(128);
  lone.clock.advance(1000);
  lone.hear(request());
  expect(lone.transport.messages("ping").length).toBe(129);
});

test("nothing is pending after the end", () => {
  const { lone } = asked();
  lone.swim.close();
  expect(lone.clock.pendingMs).toEqual([]);
});
