import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import {
  bytes,
  count,
  dict,
  exactText,
  flag,
  json,
  list,
  nullable,
  optional,
  real,
  type Shape,
  struct,
  text,
  uint64,
  whole,
} from "../../../../src/codec/msgpack/shape.ts";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { WireError } from "../../../../src/codec/wire-error.ts";

function written<T>(shape: Shape<T>, value: T): Uint8Array {
  const writer = new MsgpackWriter();
  shape.write(writer, value);
  return writer.take();
}

const read = <T>(shape: Shape<T>, from: Uint8Array) => shape.read(new MsgpackReader(from));

const inner = struct({ Name: text, Tags: list(text) });
const shape = struct({
  Big: uint64,
  Bytes: bytes,
  Count: count,
  Exact: exactText,
  Flag: flag,
  Inner: nullable(inner),
  Later: optional(whole),
  Map: dict(whole),
  Real: real,
  Settings: json,
  Whole: whole,
});

const anyJson = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
// A lone surrogate has no bytes of its own.
const anyText = fc.string({ unit: "grapheme" });
const anyValue = fc.record({
  Big: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  Bytes: fc.option(fc.uint8Array({ maxLength: 400 })),
  Count: fc.maxSafeNat(),
  Exact: anyText,
  Flag: fc.boolean(),
  Inner: fc.option(fc.record({ Name: anyText, Tags: fc.option(fc.array(anyText)) })),
  Later: fc.option(fc.maxSafeInteger(), { nil: undefined }),
  Map: fc.option(fc.dictionary(anyText, fc.maxSafeInteger()).map((map) => ({ ...map }))),
  Real: fc.double({ noNaN: true }),
  Settings: anyJson,
  Whole: fc.maxSafeInteger(),
});

describe("shapes", () => {
  test("what is written is read back, for all values", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(read(shape, written(shape, value))).toEqual(value);
      }),
    );
  });

  test("fields are sorted, as Go's peers write them, and an optional one is only there when it says something", () => {
    const small = struct({ B: whole, A: text, C: optional(flag) });
    expect(written(small, { A: "x", B: 1, C: undefined }).toHex()).toBe("82a141a178a14201");
    expect(written(small, { A: "x", B: 1, C: true }).toHex()).toBe("83a141a178a14201a143c3");
  });

  test("fields that are unknown are passed over, missing ones and nil are zero", () => {
    const wide = struct({ Other: json, Name: text, Tags: list(text) });
    const other = written(wide, { Other: { a: [1, { b: null }] }, Name: "n", Tags: null });
    expect(read(inner, other)).toEqual({ Name: "n", Tags: null });
    expect(read(inner, new Uint8Array([0x80]))).toEqual({ Name: "", Tags: null });
    expect(read(inner, new Uint8Array([0xc0]))).toEqual({ Name: "", Tags: null });
  });

  test("numbers of settings are floats, as those that Go takes from JSON", () => {
    expect(written(json, 1000).toHex()).toBe("cb408f400000000000");
    expect(read(json, written(json, { a: [1000, 1.5, true, "x", null] }))).toEqual({ a: [1000, 1.5, true, "x", null] });
  });

  test("a name that is no UTF-8 is refused, not made another one", () => {
    expect(() => read(exactText, new Uint8Array([0xa1, 0xff]))).toThrow(WireError);
    expect(read(text, new Uint8Array([0xa1, 0xff]))).toBe("\ufffd");
  });

  test("settings that are too deep are refused before the stack is", () => {
    expect(() => read(json, new Uint8Array(100_000).fill(0x91))).toThrow(WireError);
  });

  test("any bytes give a value or a WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (from) => {
        try {
          read(shape, from);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
