import { expect, test } from "bun:test";
import fc from "fast-check";
import { fieldName, MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

function written(write: (writer: MsgpackWriter) => void, dialect?: "raw" | "modern"): string {
  const writer = new MsgpackWriter(1, dialect);
  write(writer);
  return writer.take().toHex();
}

test("whole numbers take the shortest form without a sign", () => {
  const edges = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
  const forms = ["00", "7f", "cc80", "ccff", "cd0100", "cdffff", "ce00010000", "ceffffffff", "cf0000000100000000"];
  expect(edges.map((value) => written((writer) => writer.uint(value)))).toEqual([...forms, "cf001fffffffffffff"]);
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(written((writer) => writer.uint(value))).toBe(plainMsgpack(value).toHex());
    }),
  );
});

test("numbers that no peer understands are a programmer's error", () => {
  for (const value of [-1, 1.5, 2 ** 53, Number.NaN])
    expect(() => new MsgpackWriter().uint(value)).toThrow("assertion");
});

test("texts and bytes are the same kind in the raw dialect: never str8, bin8", () => {
  for (const length of [0, 1, 31, 32, 64, 65, 255, 256, 65_535, 65_536]) {
    const text = "x".repeat(length);
    const head = length < 32 ? [0xa0 | length] : length < 65_536 ? [0xda, length >> 8, length] : [0xdb, 0, 1, 0, 0];
    const expected = Buffer.concat([Uint8Array.from(head), Buffer.from(text)]).toHex();
    expect(written((writer) => writer.text(text))).toBe(expected);
    expect(written((writer) => writer.raw(Buffer.from(text)))).toBe(expected);
  }
});

test("the modern dialect has str8 and bin8", () => {
  expect(written((writer) => writer.text("x".repeat(36)), "modern").slice(0, 6)).toBe("d92478");
  expect(written((writer) => writer.raw(Buffer.from("payload!")), "modern")).toBe("c4087061796c6f616421");
  expect(written((writer) => writer.raw(Buffer.alloc(300)), "modern").slice(0, 8)).toBe("c5012c00");
  expect(written((writer) => writer.raw(Buffer.alloc(70_000)), "modern").slice(0, 12)).toBe("c60001117000");
});

test("texts of any characters are UTF-8, whatever their length", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(written((writer) => writer.text(text))).toBe(plainMsgpack(text).toHex());
    }),
  );
});

test("maps and arrays, nil, true and false, floating-point numbers", () => {
  const counts = [0, 15, 16, 65_535, 65_536];
  expect(counts.map((count) => written((writer) => writer.map(count)))).toEqual([
    "80",
    "8f",
    "de0010",
    "deffff",
    "df00010000",
  ]);
  expect(counts.map((count) => written((writer) => writer.array(count)))).toEqual([
    "90",
    "9f",
    "dc0010",
    "dcffff",
    "dd00010000",
  ]);
  expect(written((writer) => [writer.nil(), writer.bool(true), writer.bool(false)])).toBe("c0c3c2");
  expect(written((writer) => writer.float(-1.5))).toBe("cbbff8000000000000");
});

test("a writer that is cleared begins anew, and what was taken before stays as it is", () => {
  const writer = new MsgpackWriter();
  writer.text("first");
  const first = writer.take();
  writer.clear();
  expect(writer.length).toBe(0);
  writer.bytes(fieldName("SeqNo"));
  expect(writer.view().toHex()).toBe("a55365714e6f");
  expect(first.toHex()).toBe("a56669727374");
});
