import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Refusal } from "../../../src/lib/refusal.ts";
import { ByteReader, ByteWriter } from "../../../src/rpc/bytes.ts";
import {
  decodeFailure,
  decodeWire,
  encodeFailure,
  encodeWire,
  failureOf,
  TEXT_AND_BYTES,
} from "../../../src/rpc/wire.ts";

describe("values of calls", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.bigInt(),
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
      fc.uint8Array(),
      fc.array(tie("value")),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$", "$bytes", "$bigint", "$x", "__proto__")), tie("value")),
    ),
  })).value;

  test("come back as they were, bytes and bigints and odd keys too", () => {
    fc.assert(
      fc.property(value, (each) => {
        // -0 is 0 in JSON, as everywhere in Consul's API.
        const expected = JSON.stringify(each, (_, x) => (Object.is(x, -0) ? 0 : tag(x)));
        const back = decodeWire(encodeWire(each));
        expect(JSON.stringify(back?.value, (_, x) => tag(x))).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  const written = (each: unknown) => {
    const out = new ByteWriter();
    TEXT_AND_BYTES.write(out, each);
    return out.take();
  };

  test("come back as they were with their bytes beside the text", () => {
    fc.assert(
      fc.property(value, (each) => {
        const input = new ByteReader(Buffer.from(written(each)));
        const back = TEXT_AND_BYTES.read(input);
        expect(input.isDone).toBe(true);
        expect(JSON.stringify(back?.value, (_, x) => tag(x))).toBe(
          JSON.stringify(each, (_, x) => (Object.is(x, -0) ? 0 : tag(x))),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test("with bytes beside the text own what they are given", () => {
    const bytes = Buffer.from(written({ a: new Uint8Array([1, 2]) }));
    const back = TEXT_AND_BYTES.read(new ByteReader(bytes));
    bytes.fill(0);
    expect(back?.value).toEqual({ a: new Uint8Array([1, 2]) });
  });

  test("whose marks claim other bytes than follow are none", () => {
    const read = (text: string, bytes: string) => {
      const out = new ByteWriter();
      out.text(text);
      out.raw(Buffer.from(bytes));
      const input = new ByteReader(Buffer.from(out.take()));
      const found = TEXT_AND_BYTES.read(input);
      return input.isDone ? found : undefined;
    };
    expect(read('{"$bytes":2}', "ab")?.value).toEqual(new Uint8Array([97, 98]));
    expect(read("", "")).toEqual({ value: undefined });
    for (const text of ['{"$bytes":3}', '{"$bytes":1}', '{"$bytes":-1}', '{"$bytes":1.5}', '{"$bytes":"YQ=="}', "1"]) {
      expect(read(text, "ab")).toBeUndefined();
    }
    // Each byte belongs to one mark: what came is never multiplied.
    expect(read('[{"$bytes":2},{"$bytes":2}]', "ab")).toBeUndefined();
  });

  const tag = (x: unknown) => {
    if (typeof x === "bigint") return `bigint ${x}`;
    return x instanceof Uint8Array ? `bytes ${x.toHex()}` : x;
  };

  test("are plain JSON when they can be", () => {
    expect(encodeWire({ a: [1, "x", null], b: { c: true } })).toBe('{"a":[1,"x",null],"b":{"c":true}}');
  });

  test("may be nothing, and what is undefined in an object is left out", () => {
    expect(decodeWire(encodeWire(undefined))).toEqual({ value: undefined });
    expect(decodeWire(encodeWire({ a: undefined, b: 1n }))).toEqual({ value: { b: 1n } });
    expect(decodeWire(encodeWire({ $bytes: "mine", b: undefined }))).toEqual({ value: { $bytes: "mine" } });
  });

  test("keep bytes of a Buffer as bytes", () => {
    expect(decodeWire(encodeWire({ a: Buffer.from("hi") }))).toEqual({ value: { a: new Uint8Array([104, 105]) } });
  });

  test("that are nested without end are a programmer's error", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => encodeWire(cycle)).toThrow("nested too deeply");
  });

  test.each([
    "{",
    "nul",
    '{"$bytes":"*"}',
    '{"$bigint":"1.5"}',
    '{"$bigint":1}',
    '{"$unknown":1}',
    '{"$":null}',
    `${"[".repeat(100_000)}{"$`,
    `{"a":${"[".repeat(5000)}{"$bytes":""}${"]".repeat(5000)}}`,
  ])("are refused when the text is no such value", (text) => {
    expect(decodeWire(text)).toBeUndefined();
  });
});

describe("failures of calls", () => {
  test("carry a Refusal with its status and outcome", () => {
    const failure = failureOf(new Refusal("Permission denied", 403, "refused"));
    expect(failure).toEqual({ kind: "refusal", text: "Permission denied", status: 403, outcome: "refused" });
    expect(decodeFailure(encodeFailure(failure))).toEqual(failure);
  });

  test("carry only the text of any other error, and not more of it than is of use", () => {
    const back = decodeFailure(encodeFailure(failureOf(new Error("x".repeat(100_000)))));
    expect(back).toEqual({ kind: "error", text: "x".repeat(8000) });
    expect(failureOf("odd")).toEqual({ kind: "error", text: "odd" });
  });

  test.each(["", "{}", '{"kind":"other","text":""}', '{"kind":"refusal","text":"x","status":7}'])(
    "are none when the text is %p",
    (text) => {
      expect(decodeFailure(text)).toBeUndefined();
    },
  );
});
