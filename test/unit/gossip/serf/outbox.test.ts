import { describe, expect, test } from "bun:test";
import { Outbox } from "../../../../src/gossip/serf/outbox.ts";
import { decodeMessage } from "../../../../src/gossip/wire/decode.ts";

const OVERHEAD_BYTES = 2;

function rig(size = 10) {
  let wakes = 0;
  const outbox = new Outbox({ retransmitMult: 4, size: () => size, wake: () => wakes++ });
  const payload = (name: string, bytes = 10) => new Uint8Array(bytes).fill(name.charCodeAt(0));
  const taken = (budget: number) =>
    outbox.take(OVERHEAD_BYTES, budget).map((packed) => {
      const message = decodeMessage(packed);
      return message.type === "user" ? String.fromCharCode(message.payload[0] ?? 0) : message.type;
    });
  return { outbox, payload, taken, wakes: () => wakes };
}

describe("messages of Serf's layer for everybody", () => {
  test("intents go first, then queries, then events, as far as the packet goes", () => {
    const { outbox, payload, taken } = rig();
    outbox.add("event", payload("e"));
    outbox.add("query", payload("q"));
    outbox.add("intent", payload("i"));
    expect(taken(1000)).toEqual(["i", "q", "e"]);
    // Each takes 10 bytes, its type byte and the overhead.
    expect(taken(26)).toEqual(["i", "q"]);
    expect(taken(25)).toEqual(["i"]);
  });

  test("each is sent retransmitMult x ceil(log10(members + 1)) times (memberlist), and whoever waits for it is told", () => {
    const { outbox, payload, taken } = rig(10);
    let done = 0;
    outbox.add("intent", payload("i"), () => done++);
    for (let sent = 0; sent < 8; sent++) {
      expect(done).toBe(0);
      expect(taken(100)).toEqual(["i"]);
    }
    expect(taken(100)).toEqual([]);
    expect(done).toBe(1);
  });

  test("messages of one kind do not replace each other", () => {
    const { outbox, payload } = rig();
    outbox.add("event", payload("e"));
    outbox.add("event", payload("e"));
    expect(outbox.length("event")).toBe(2);
  });

  test("the membership is woken by each", () => {
    const { outbox, payload, wakes } = rig();
    outbox.add("event", payload("e"));
    outbox.add("query", payload("q"));
    expect(wakes()).toBe(2);
  });

  test("a queue has 4096 messages at most, and the oldest go", () => {
    const { outbox, payload } = rig();
    let dropped = 0;
    for (let i = 0; i < 4100; i++) outbox.add("event", payload("e", 4), () => dropped++);
    expect(outbox.length("event")).toBe(4096);
    expect(dropped).toBe(4);
  });

  test("what fits no packet is not kept", () => {
    const { outbox, payload } = rig();
    let done = 0;
    outbox.add("query", payload("q", 1340), () => done++);
    expect(outbox.length("query")).toBe(0);
    expect(done).toBe(1);
  });
});
