import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WireError } from "../../../../src/codec/wire-error.ts";
import type { QueryFilter, SerfMessage } from "../../../../src/gossip/messages.ts";
import { decodeSerf, encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { SERF_TYPE } from "../../../../src/gossip/wire/types.ts";
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

describe("what is refused", () => {
  test("unknown types and nothing at all", () => {
    expect(() => decodeSerf(Uint8Array.of(10, 0x80))).toThrow("message type 10 of Serf");
    expect(() => decodeSerf(new Uint8Array(0))).toThrow(WireError);
  });

  test("messages of more than 128 KiB, except states", () => {
    const large = (type: number) => Buffer.concat([Buffer.of(type, 0x80), Buffer.alloc(130 * 1024)]);
    for (const type of Object.values(SERF_TYPE)) {
      if (type === SERF_TYPE.pushPull) expect(decodeSerf(large(type))).toMatchObject({ type: "pushPull" });
      else expect(() => decodeSerf(large(type))).toThrow("more than 131072");
    }
  });
});
