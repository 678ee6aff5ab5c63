import { describe, expect, test } from "bun:test";
import type { QueryMessage, SerfMessage } from "../../../../src/gossip/messages.ts";
import { RESPONSE_BYTES_MAX } from "../../../../src/gossip/serf/query-replies.ts";
import { encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { type SerfNode, SerfWorld, text, words } from "../../../support/gossip/serf-world.ts";

const STRANGER = { address: "192.0.2.7", port: 8301 };

/** `asker` asks; what `answerer` gets of it. */
function asked(asker: SerfNode, parts: Partial<QueryMessage> = {}): QueryMessage {
  const [at, sourceNode] = [asker.swim.at, asker.name];
  const rest = { filters: [], wantsAck: false, noBroadcast: true, relayFactor: 0, timeoutMs: 1000 };
  return { type: "query", ltime: 5, id: 1, at, sourceNode, ...rest, name: "uptime", payload: text(""), ...parts };
}

function pool(...names: string[]): [SerfWorld, ...SerfNode[]] {
  const world = new SerfWorld();
  return [world, ...world.pool(...names)];
}
const kinds = (node: SerfNode | undefined) => node?.swim.sent.map(({ message }) => message.type);

describe("answers to queries (Serf 0.9)", () => {
  test("an ack is sent at once when it is wanted, without a payload", () => {
    const [, a, b] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    b.hears(asked(a, { wantsAck: true }));
    const [{ to, message, withCrc }] = b.swim.sent as [(typeof b.swim.sent)[number]];
    expect(message).toMatchObject({ type: "queryResponse", ltime: 5, id: 1, from: "b", isAck: true });
    expect({ to, withCrc }).toEqual({ to: a.swim.at, withCrc: true });
  });

  test("there is one answer, and none after the deadline", () => {
    const [world, a, b] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    b.hears(asked(a));
    b.hears(asked(a, { id: 2 }));
    const [first, second] = b.queries as [(typeof b.queries)[number], (typeof b.queries)[number]];
    expect(first.respond(text("yes"))).toBe(true);
    expect(first.respond(text("again"))).toBe(false);
    world.clock.advance(1001);
    expect(second.respond(text("late"))).toBe(false);
    expect(b.swim.sent).toHaveLength(1);
  });

  test(`the encoded answer has ${RESPONSE_BYTES_MAX} bytes at most; a shorter one may follow`, () => {
    const [, a, b] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    b.hears(asked(a));
    expect(b.queries[0]?.respond(new Uint8Array(1020))).toBe(false);
    expect(b.log.messages("warn")).toContain("response exceeds limit of 1024 bytes");
    expect(b.queries[0]?.respond(new Uint8Array(900))).toBe(true);
  });

  test("nobody but a member is answered, or a forged address would bring it the answers of a whole pool", () => {
    const [, a, b] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    b.hears(asked(a, { at: STRANGER, wantsAck: true, relayFactor: 1 }));
    b.queries[0]?.respond(text("yes"));
    expect(b.swim.sent).toEqual([]);
    b.hears(asked(a, { id: 2, sourceNode: "", wantsAck: true }));
    expect(b.swim.sent.map(({ to }) => to)).toEqual([a.swim.at]);
  });

  test("with a relay factor the same goes through so many others, and arrives where the way is cut", async () => {
    const [world, a, b, c, d] = pool("a", "b", "c", "d") as [SerfWorld, SerfNode, SerfNode, SerfNode, SerfNode];
    world.loses = (from, to) => from === b.swim.at && to === a.swim.at;
    const heard: string[] = [];
    void a.serf.query("uptime", text(""), {
      relayFactor: 2,
      onResponse: (from, payload) => heard.push(from + words(payload)),
    });
    await world.gossip();
    b.queries[0]?.respond(text(" yes"));
    await world.pass(10);
    expect(heard).toEqual(["b yes"]);
    const relays = b.swim.sent.filter(({ message }) => message.type === "relay").map(({ to }) => to);
    expect(relays).toHaveLength(2);
    expect(new Set(relays).size).toBe(2);
    expect(relays).not.toContain(b.swim.at);
    expect([kinds(c), kinds(d)].flat().every((kind) => kind === "queryResponse")).toBe(true);
  });

  test("a pool that is too small relays nothing", () => {
    const [, a, b] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    b.hears(asked(a, { relayFactor: 2 }));
    b.queries[0]?.respond(text("yes"));
    expect(kinds(b)).toEqual(["queryResponse"]);
  });

  const relayed = (inner: SerfMessage, parts: { to?: typeof STRANGER; toNode?: string } = {}) => {
    const [, a, b] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    b.hears({ type: "relay", to: a.swim.at, toNode: "a", inner: encodeSerf(inner), ...parts });
    return b.swim.sent.map(({ to, message }) => `${message.type} to ${to.address}`);
  };
  const RESPONSE = { type: "queryResponse", ltime: 5, id: 1, from: "x", isAck: false, payload: text("") } as const;

  test("a response is handed to the member that it is for; peers before Serf 0.9 don't give its name", () => {
    expect(relayed(RESPONSE)).toEqual(["queryResponse to 10.0.0.1"]);
    expect(relayed(RESPONSE, { toNode: "" })).toEqual(["queryResponse to 10.0.0.1"]);
  });

  test("nothing but responses is relayed, and to nobody but members: this one does not lend its address", () => {
    expect(relayed(RESPONSE, { to: STRANGER })).toEqual([]);
    expect(relayed({ type: "join", ltime: 1, node: "a" })).toEqual([]);
    expect(relayed({ type: "relay", to: STRANGER, toNode: "a", inner: encodeSerf(RESPONSE) })).toEqual([]);
  });

  test("a relay for this member itself ends here", async () => {
    const [world, a] = pool("a", "b") as [SerfWorld, SerfNode, SerfNode];
    const heard: string[] = [];
    void a.serf.query("uptime", text(""), { onResponse: (from) => heard.push(from) });
    const query = a.waiting().find((message) => message.type === "query");
    const inner = encodeSerf({ ...RESPONSE, ltime: query?.ltime ?? 0, id: query?.id ?? 0 });
    a.hears({ type: "relay", to: a.swim.at, toNode: "a", inner });
    await world.pass(1);
    expect(heard).toEqual(["x"]);
    expect(a.swim.sent).toEqual([]);
  });
});
