import { describe, expect, test } from "bun:test";
import { decodeSerf, encodeSerf } from "../../../../../src/gossip/wire/serf.ts";
import { SERF_TYPE } from "../../../../../src/gossip/wire/types.ts";
import { frame } from "../../../../support/gossip/frames.ts";
import { type Plain, plainMsgpack } from "../../../../support/gossip/plain-msgpack.ts";

const message = (type: keyof typeof SERF_TYPE, fields: Plain) =>
  Buffer.concat([Buffer.of(SERF_TYPE[type]), plainMsgpack(fields)]);

describe("what a real serf sent", () => {
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

describe("relays", () => {
  test("relays without an address or with nothing to relay", () => {
    const header = { DestAddr: { IP: Uint8Array.of(10, 0, 0, 1), Port: 1 }, DestName: "a" };
    expect(() => decodeSerf(message("relay", header))).toThrow("is empty");
    expect(() => decodeSerf(Buffer.concat([message("relay", { DestName: "a" }), Buffer.of(1)]))).toThrow("no address");
  });
});
