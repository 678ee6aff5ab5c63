import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WireError } from "../../../../src/codec/wire-error.ts";
import type { QueryFilter, SerfMessage } from "../../../../src/gossip/messages.ts";
import { decodeSerf, encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { SERF_TYPE } from "../../../../src/gossip/wire/types.ts";
import { frame } from "../../../support/gossip/frames.ts";
import { anySerfMessage, serfFields } from "../../../support/gossip/messages.ts";
import { type Plain, plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

function filterBytes(filter: QueryFilter): Uint8Array {
  if (filter === undefined) return Uint8Array.of(0xff);
  if (filter.kind === "nodes") return Buffer.concat([Buffer.of(0), plainMsgpack(filter.names)]);
  return Buffer.concat([Buffer.of(1), plainMsgpack({ Expr: filter.expression, Tag: filter.tag })]);
}

const message = (type: keyof typeof SERF_TYPE, fields: Plain) =>
  Buffer.concat([Buffer.of(SERF_TYPE[type]), plainMsgpack(fields)]);

const tail = (any: SerfMessage) => (any.type === "relay" ? any.inner : new Uint8Array(0));

describe("what a real serf sent", () => {
  test("a user event is the same, byte for byte", () => {
    const event = { type: "userEvent", ltime: 3, name: "ev1", payload: Buffer.from("pay"), coalesce: true } as const;
    expect(decodeSerf(frame("user event").subarray(1))).toEqual({ ...event, payload: new Uint8Array(event.payload) });
    expect(encodeSerf(event)).toEqual(frame("user event").subarray(1));
  });

  test("a query is the same, byte for byte", () => {
    const query = decodeSerf(frame("query").subarray(1));
    expect(query).toMatchObject({
      ...{ type: "query", ltime: 7, id: 0x2fe28863, at: { address: "127.0.0.1", port: 17_946 }, sourceNode: "s1" },
      ...{ filters: [], wantsAck: true, noBroadcast: false, relayFactor: 0, timeoutMs: 1000, name: "q1" },
    });
    expect(encodeSerf(query)).toEqual(frame("query").subarray(1));
  });

  test("an ack of a query is the same, byte for byte", () => {
    const ack = decodeSerf(frame("query ack").subarray(1));
    expect(ack).toMatchObject({ type: "queryResponse", ltime: 7, from: "s1", isAck: true });
    expect(encodeSerf(ack)).toEqual(frame("query ack").subarray(1));
  });

  test("a leave intent is the same, byte for byte", () => {
    const bytes = frame("leave intent with checksum").subarray(6);
    expect(decodeSerf(bytes)).toEqual({ type: "leave", ltime: 70, node: "bun-cap-18551", prune: false });
    expect(encodeSerf(decodeSerf(bytes))).toEqual(bytes);
  });
});

test("every message is a type byte and a map of its fields with Go's names, sorted, in the old dialect", () => {
  fc.assert(
    fc.property(anySerfMessage, (any) => {
      const expected = Buffer.concat([message(any.type, serfFields(any, filterBytes)), tail(any)]);
      expect(Buffer.from(encodeSerf(any)).toHex()).toBe(expected.toHex());
    }),
    { numRuns: 500 },
  );
});

test("messages come back as they were, and own their bytes", () => {
  fc.assert(
    fc.property(anySerfMessage, (any) => {
      const bytes = encodeSerf(any);
      const decoded = decodeSerf(bytes);
      bytes.fill(0xee);
      expect(decoded).toEqual(any);
    }),
    { numRuns: 500 },
  );
});

test("fields may come in any form, with others among them", () => {
  fc.assert(
    fc.property(anySerfMessage, fc.infiniteStream(fc.nat(10)), (any, forms) => {
      const fields = { Unknown: [{ a: null }], ...serfFields(any, filterBytes) };
      const bytes = plainMsgpack(fields, (count) => (forms.next().value ?? 0) % count);
      expect(decodeSerf(Buffer.concat([Buffer.of(SERF_TYPE[any.type]), bytes, tail(any)]))).toEqual(any);
    }),
    { numRuns: 500 },
  );
});

describe("states of peers in Go", () => {
  test("give the whole ring of events, mostly empty", () => {
    const event = { Name: "deploy", Payload: Buffer.from("x") };
    const Events: Plain[] = Array.from({ length: 512 }, () => null);
    Events[300] = { LTime: 300, Events: [event] };
    Events[7] = { LTime: 519, Events: [event, { Name: "other", Payload: null }] };
    const state = decodeSerf(message("pushPull", { LTime: 9, Events, EventLTime: 520 }));
    const deploy = { name: "deploy", payload: Uint8Array.of(0x78) };
    expect(state.type === "pushPull" && state.events).toEqual([
      { ltime: 519, events: [deploy, { name: "other", payload: new Uint8Array(0) }] },
      { ltime: 300, events: [deploy] },
    ]);
  });

  test("without members, events and times have nil for them", () => {
    const nothing = { LTime: 1, StatusLTimes: null, LeftMembers: null, EventLTime: 1, Events: null, QueryLTime: 1 };
    expect(decodeSerf(message("pushPull", nothing))).toEqual({
      ...{ type: "pushPull", ltime: 1, statusLTimes: new Map(), leftMembers: [], eventLTime: 1, events: [] },
      queryLTime: 1,
    });
  });
});

describe("queries", () => {
  const query = { Addr: Uint8Array.of(10, 0, 0, 1), Port: 7946 };

  test("a filter that can't be read means nobody, as one of an unknown kind", () => {
    const bad = ["", "02", "00", "0005", "0092a161", "01", "0190", "0181a3546167"].map((hex) =>
      Uint8Array.fromHex(hex),
    );
    const decoded = decodeSerf(message("query", { ...query, Filters: bad }));
    expect(decoded.type === "query" && decoded.filters).toEqual(bad.map(() => undefined));
  });

  test("a negative timeout is over at once", () => {
    expect(decodeSerf(message("query", { ...query, Timeout: -5 }))).toMatchObject({ timeoutMs: 0 });
  });

  test("that don't say where answers go are refused", () => {
    expect(() => decodeSerf(message("query", { Port: 7946 }))).toThrow("where its answers go");
  });
});

test("a peer that doesn't know a member answers nil", () => {
  expect(decodeSerf(message("conflictResponse", null))).toMatchObject({
    member: { name: "", at: { address: "", port: 0 }, tags: {}, status: 0 },
  });
});

describe("what is refused", () => {
  test("Lamport times that would leave no room to count on", () => {
    const bytes = Buffer.concat([Buffer.of(SERF_TYPE.join), plainMsgpack({ LTime: 2n ** 63n, Node: "a" })]);
    expect(() => decodeSerf(bytes)).toThrow("more than 53 bits");
  });

  test("relays without an address or with nothing to relay", () => {
    const header = { DestAddr: { IP: Uint8Array.of(10, 0, 0, 1), Port: 1 }, DestName: "a" };
    expect(() => decodeSerf(message("relay", header))).toThrow("is empty");
    expect(() => decodeSerf(Buffer.concat([message("relay", { DestName: "a" }), Buffer.of(1)]))).toThrow("no address");
  });

  test("unknown types and nothing at all", () => {
    expect(() => decodeSerf(Uint8Array.of(10, 0x80))).toThrow("message type 10 of Serf");
    expect(() => decodeSerf(new Uint8Array(0))).toThrow(WireError);
  });
});
