import { describe, expect, test } from "bun:test";
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
