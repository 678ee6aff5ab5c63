import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../src/rpc/bytes.ts";

function written(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(1);
  write(out);
  return out.take();
}

describe("bytes of messages", () => {
  test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1])(
    "%d comes back",
    (value) => {
      const input = new ByteReader(written((out) => out.varint(value)));
      expect(input.varint()).toBe(value);
      expect(input.isDone).toBe(true);
    },
  );

  test("whatever is written is read again in its order", () => {
    const value = fc.oneof(
      fc.maxSafeNat().map((number) => ({ number })),
      fc.boolean().map((flag) => ({ flag })),
      fc.string({ unit: "binary" }).map((text) => ({ text })),
      fc.uint8Array().map((raw) => ({ raw })),
    );
    fc.assert(
      fc.property(fc.array(value), fc.string({ unit: "binary" }), (values, tail) => {
        const bytes = written((out) => {
          for (const each of values) {
            if ("number" in each) out.varint(each.number);
            else if ("flag" in each) out.flag(each.flag);
            else if ("text" in each) out.text(each.text);
            else out.raw(each.raw);
          }
          out.tail(tail);
        });
        const input = new ByteReader(bytes);
        for (const each of values) {
          if ("number" in each) expect(input.varint()).toBe(each.number);
          else if ("flag" in each) expect(input.flag()).toBe(each.flag);
          else if ("text" in each) expect(input.text(1000)).toBe(each.text);
          else expect(new Uint8Array(input.raw(each.raw.length))).toEqual(each.raw);
        }
        expect(input.tail()).toBe(tail);
        expect(input.isDone).toBe(true);
      }),
    );
  });

  test.each([
    ["a number that ends too early", [0x80], (input: ByteReader) => input.varint()],
    [
      "a number beyond 2^53 - 1",
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      (input: ByteReader) => input.varint(),
    ],
    ["a number of too many bytes", new Array(12).fill(0x80), (input: ByteReader) => input.varint()],
    ["a flag that is neither", [2], (input: ByteReader) => input.flag()],
    ["a text that is not UTF-8", [1, 0xff], (input: ByteReader) => input.text(10)],
    ["a text longer than it may be", [3, 65, 65, 65], (input: ByteReader) => input.text(2)],
    ["a text longer than the message", [9, 65], (input: ByteReader) => input.text(10)],
    ["bytes beyond the end", [1], (input: ByteReader) => input.raw(2)],
  ])("%s is malformed, and nothing throws afterwards", (_, bytes, read) => {
    const input = new ByteReader(Buffer.from(bytes));
    read(input);
    expect(input.isGood).toBe(false);
    input.varint();
    input.text(10);
    input.tail();
    expect(input.isDone).toBe(false);
  });

  test("a byte order mark is a character like others", () => {
    expect(new ByteReader(written((out) => out.tail("\ufeffa"))).tail()).toBe("\ufeffa");
  });

  test("what is no index is a programmer's error", () => {
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => written((out) => out.varint(value))).toThrow();
  });
});
