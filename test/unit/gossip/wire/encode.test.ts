import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import { decodeMessage } from "../../../../src/gossip/wire/decode.ts";
import { encodeMessage } from "../../../../src/gossip/wire/encode.ts";
import { TYPE } from "../../../../src/gossip/wire/types.ts";
import { frame } from "../../../support/gossip/frames.ts";
import { anyPacketMessage, packetFields } from "../../../support/gossip/messages.ts";
import { plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

describe("what a real serf sent", () => {
  const ping = {
    ...{ type: "ping" as const, seqNo: 693, node: "s1", sourceNode: "s2" },
    source: { address: "127.0.0.1", port: 17_947 },
  };

  test("a ping is the same, byte for byte", () => {
    expect(decodeMessage(frame("ping"))).toEqual(ping);
    expect(encodeMessage(ping)).toEqual(frame("ping"));
  });

  test("an ack is the same, byte for byte", () => {
    const ack = decodeMessage(frame("ack with a coordinate"));
    expect(ack).toMatchObject({ type: "ack", seqNo: 693 });
    expect(ack.type === "ack" && ack.payload).toHaveLength(130);
    expect(encodeMessage(ack)).toEqual(frame("ack with a coordinate"));
  });

  test("an alive message is the same, byte for byte", () => {
    const bytes = frame("alive with checksum").subarray(5);
    const alive = decodeMessage(bytes);
    expect(alive).toMatchObject({
      ...{ type: "alive", incarnation: 1, node: "bun-cap-18551", at: { address: "127.0.0.1", port: 18_551 } },
      versions: { ...OWN_VERSIONS, delegateCurrent: 5 },
    });
    expect(encodeMessage(alive)).toEqual(bytes);
  });

  test("user messages are the same, byte for byte", () => {
    for (const name of ["user event", "query", "query ack"]) {
      const user = decodeMessage(frame(name));
      expect(user.type).toBe("user");
      expect(encodeMessage(user)).toEqual(frame(name));
    }
  });
});

test("every message is a type byte and a map of its fields with Go's names, sorted, in the old dialect", () => {
  fc.assert(
    fc.property(anyPacketMessage, (message) => {
      const fields = packetFields(message);
      const body = fields === undefined && message.type === "user" ? message.payload : plainMsgpack(fields ?? {});
      expect(Buffer.from(encodeMessage(message)).toHex()).toBe(
        Buffer.concat([Buffer.of(TYPE[message.type]), body]).toHex(),
      );
    }),
    { numRuns: 500 },
  );
});
