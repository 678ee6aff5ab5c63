import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CutOff, WireError } from "../../../../src/codec/wire-error.ts";
import { decodeMessage } from "../../../../src/gossip/wire/decode.ts";
import { encodeMessage } from "../../../../src/gossip/wire/encode.ts";
import { TYPE } from "../../../../src/gossip/wire/types.ts";
import { anyPacketMessage, packetFields } from "../../../support/gossip/messages.ts";
import { type PlainMap, plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

const message = (type: number, fields: PlainMap) => Buffer.concat([Buffer.of(type), plainMsgpack(fields)]);
const ip = Uint8Array.of(10, 0, 0, 1);

test("messages come back as they were", () => {
  fc.assert(
    fc.property(anyPacketMessage, (any) => {
      expect(decodeMessage(encodeMessage(any))).toEqual(any);
    }),
    { numRuns: 500 },
  );
});

test("fields may come in any order, in any form, with others among them", () => {
  const anyForm = fc.infiniteStream(fc.nat(10));
  fc.assert(
    fc.property(
      anyPacketMessage,
      anyForm,
      fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
      (any, forms, order) => {
        const fields = packetFields(any);
        if (fields === undefined) return;
        const mixed = [...Object.entries({ ...fields, Unknown: ["x", { y: null }], seqno: -1 })]
          .map((entry, at) => ({ entry, key: order[at] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        const bytes = plainMsgpack(new Map(mixed), (count) => (forms.next().value ?? 0) % count);
        expect(decodeMessage(Buffer.concat([Buffer.of(TYPE[any.type]), bytes]))).toEqual(any);
      },
    ),
    { numRuns: 500 },
  );
});

test("a message owns its bytes: it stays as it is when the packet's memory is used again", () => {
  fc.assert(
    fc.property(anyPacketMessage, (any) => {
      const bytes = encodeMessage(any);
      const decoded = decodeMessage(bytes);
      bytes.fill(0xee);
      expect(decoded).toEqual(any);
    }),
  );
});

describe("fields that are missing", () => {
  test("are zero", () => {
    expect(decodeMessage(message(TYPE.ping, {}))).toEqual({ type: "ping", seqNo: 0, node: "" });
    expect(decodeMessage(message(TYPE.ack, {}))).toEqual({ type: "ack", seqNo: 0, payload: new Uint8Array(0) });
    expect(decodeMessage(Uint8Array.of(TYPE.dead, 0xc0))).toEqual({ type: "dead", incarnation: 0, node: "", from: "" });
    expect(decodeMessage(message(TYPE.alive, { Node: "a", Addr: ip }))).toEqual({
      ...{ type: "alive", incarnation: 0, node: "a", at: { address: "10.0.0.1", port: 0 } },
      ...{ meta: new Uint8Array(0), versions: undefined },
    });
  });

  test("an asker counts only with address and port, as in memberlist", () => {
    expect(decodeMessage(message(TYPE.ping, { SourceAddr: ip }))).not.toHaveProperty("source");
    expect(decodeMessage(message(TYPE.ping, { SourcePort: 1, SourceAddr: Uint8Array.of(1) }))).not.toHaveProperty(
      "source",
    );
    expect(decodeMessage(message(TYPE.ping, { SourcePort: 1, SourceAddr: ip }))).toHaveProperty("source");
  });

  test("without name or address nobody can be alive, and nobody pinged", () => {
    expect(() => decodeMessage(message(TYPE.alive, { Addr: ip }))).toThrow("no name or no address");
    expect(() => decodeMessage(message(TYPE.alive, { Node: "a" }))).toThrow("no name or no address");
    expect(() => decodeMessage(message(TYPE.indirectPing, { Node: "a" }))).toThrow("no target");
  });

  test("versions of fewer than six bytes are none; of more the first six count", () => {
    const versionsOf = (Vsn: Uint8Array) => decodeMessage(message(TYPE.alive, { Node: "a", Addr: ip, Vsn }));
    expect(versionsOf(Uint8Array.of(1, 5, 2, 2, 5))).toMatchObject({ versions: undefined });
    expect(versionsOf(Uint8Array.of(1, 5, 2, 2, 5, 4, 9))).toMatchObject({ versions: { delegateCurrent: 4 } });
  });
});

describe("what is refused", () => {
  test("numbers that don't fit their field", () => {
    expect(() => decodeMessage(message(TYPE.ping, { SeqNo: 2 ** 32 }))).toThrow(WireError);
    expect(() => decodeMessage(message(TYPE.nack, { SeqNo: -1 }))).toThrow(WireError);
    expect(() => decodeMessage(message(TYPE.alive, { Port: 65_536 }))).toThrow(WireError);
  });

  test("types that are none of a packet's messages", () => {
    for (const type of [6, 7, 9, 10, 12, 13, 14, 244, 255]) {
      expect(() => decodeMessage(Uint8Array.of(type, 0x80))).toThrow(`message type ${type} is not known here`);
    }
    expect(() => decodeMessage(new Uint8Array(0))).toThrow("the message is empty");
  });

  test("messages that are cut off anywhere", () => {
    fc.assert(
      fc.property(anyPacketMessage, fc.nat(), (any, at) => {
        const bytes = encodeMessage(any);
        if (any.type === "user") return;
        expect(() => decodeMessage(bytes.subarray(0, 1 + (at % (bytes.length - 1))))).toThrow(CutOff);
      }),
    );
  });
});
