import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FieldNames, MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import { CutOff, WireError } from "../../../../src/codec/wire-error.ts";
import { type Plain, plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

const reader = (hex: string) => new MsgpackReader(Uint8Array.fromHex(hex));
/** Every form that a value can have. */
const anyForm = fc.infiniteStream(fc.nat(10)).map((stream) => (forms: number) => (stream.next().value ?? 0) % forms);

describe("values", () => {
  test("whole numbers of all forms, with a sign or without", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), anyForm, (value, choose) => {
        const bytes = plainMsgpack(value, choose);
        expect(new MsgpackReader(bytes).int()).toBe(value);
        if (value >= 0) expect(new MsgpackReader(bytes).uint(value)).toBe(value);
        else expect(() => new MsgpackReader(bytes).uint(Number.MAX_SAFE_INTEGER)).toThrow("is out of range");
      }),
    );
    expect(reader("e0").int()).toBe(-32);
    expect(reader("ff").int()).toBe(-1);
  });

  test("a number above the limit of its field is refused, as in Go; one of more than 53 bits always", () => {
    expect(() => reader("cd0100").uint(255)).toThrow(WireError);
    for (const hex of ["cf0020000000000000", "cfffffffffffffffff", "d38000000000000000", "d37fffffffffffffff"]) {
      expect(() => reader(hex).int()).toThrow("more than 53 bits");
    }
  });

  test("texts and bytes of all forms, of both dialects", () => {
    const value = fc.oneof(fc.string({ maxLength: 400, unit: "grapheme" }), fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(value, anyForm, (value, choose) => {
        const bytes = plainMsgpack(value, choose);
        if (typeof value === "string") expect(new MsgpackReader(bytes).text()).toBe(value);
        const expected = new Uint8Array(Buffer.from(value as string));
        expect(new MsgpackReader(bytes).raw()).toEqual(expected);
        expect(new Uint8Array(new MsgpackReader(bytes).rawView())).toEqual(expected);
      }),
    );
  });

  test("bytes that are no UTF-8 become U+FFFD", () => {
    expect(reader("a3ff4180").text()).toBe("�A�");
    expect(reader(`da0020${"ff".repeat(32)}`).text()).toBe("�".repeat(32));
  });

  test("nil is the zero value of whatever is wanted", () => {
    expect(reader("c0").int()).toBe(0);
    expect(reader("c0").float()).toBe(0);
    expect(reader("c0").bool()).toBe(false);
    expect(reader("c0").text()).toBe("");
    expect(reader("c0").raw()).toEqual(new Uint8Array(0));
    expect(reader("c0").map()).toBe(0);
    expect(reader("c0").array()).toBe(0);
    const nil = reader("c0c0");
    expect([nil.isNil(), nil.at, reader("90").isNil()]).toEqual([true, 1, false]);
  });

  test("true and false are also 1 and 0; floating-point numbers of both lengths and whole ones", () => {
    expect(["c3", "01", "c2", "00"].map((hex) => reader(hex).bool())).toEqual([true, true, false, false]);
    expect(() => reader("02").bool()).toThrow("0x2 at byte 0 is not true or false");
    expect([reader("cbbff8000000000000").float(), reader("ca3fc00000").float(), reader("cd0100").float()]).toEqual([
      ...[-1.5, 1.5, 256],
    ]);
  });

  test("a copy of bytes is not changed with the message", () => {
    const bytes = Uint8Array.fromHex("a2010201ff");
    const copy = new MsgpackReader(bytes).raw();
    bytes.fill(9);
    expect(copy).toEqual(Uint8Array.of(1, 2));
  });

  test("another kind than the wanted one is refused", () => {
    expect(() => reader("90").map()).toThrow("0x90 at byte 0 is not a map");
    expect(() => reader("80").array()).toThrow("is not an array");
    expect(() => reader("a161").int()).toThrow("is not a whole number");
    expect(() => reader("01").text()).toThrow("is not a text or bytes");
    expect(() => reader("cb0000000000000000").int()).toThrow("is not a whole number");
  });
});

describe("fields", () => {
  const NAMES = new FieldNames("Addr", "Node", "Port");

  test("are found in any order; others are not of interest", () => {
    const bytes = plainMsgpack({ Port: 1, Nodes: 2, Addr: 3, node: 4, Node: 5, "": 6 });
    const found: (string | undefined)[] = [];
    const all = new MsgpackReader(bytes);
    const pairs = all.map();
    for (let i = 0; i < pairs; i++) {
      found.push(all.field(NAMES, i));
      all.skip();
    }
    expect(found).toEqual(["Port", undefined, "Addr", undefined, "Node", undefined]);
    expect(all.left).toBe(0);
  });
});

describe("skipping", () => {
  const anyValue: fc.Arbitrary<Plain> = fc.letrec<{ value: Plain }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Plain>(null, true, false),
      fc.maxSafeInteger(),
      fc.double({ noInteger: true }),
      fc.string({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.array(tie("value"), { maxLength: 20 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 20, noNullPrototype: true }),
    ),
  })).value;

  test("passes over any value, and not further", () => {
    fc.assert(
      fc.property(anyValue, anyForm, (value, choose) => {
        const bytes = Buffer.concat([plainMsgpack(value, choose), Buffer.of(42)]);
        const all = new MsgpackReader(bytes);
        all.skip();
        expect(all.uint(255)).toBe(42);
        expect(all.left).toBe(0);
      }),
    );
  });

  test("passes over extensions", () => {
    const extensions = ["d40100", "d5010000", "d60100000000", "c7020100ff", "c800010100", "c90000000101ff"];
    for (const hex of [...extensions, `d701${"00".repeat(8)}`, `d801${"00".repeat(16)}`, "ca00000000"]) {
      const all = reader(`${hex}2a`);
      all.skip();
      expect(all.uint(255)).toBe(42);
    }
    expect(() => reader("c1").skip()).toThrow("0xc1 at byte 0 is not a value");
  });

  test("takes no stack for nesting of any depth", () => {
    const deep = Buffer.concat([Buffer.alloc(1_000_000, 0x91), Buffer.of(0xc0)]);
    const all = new MsgpackReader(deep);
    all.skip();
    expect(all.left).toBe(0);
    expect(() => new MsgpackReader(Buffer.alloc(1_000_000, 0x81)).skip()).toThrow(CutOff);
  });
});

describe("what is cut off", () => {
  test("is told from what is wrong: more may come", () => {
    for (const hex of ["", "cd01", "ce000000", "a26f", "da00", "da0005aabb", "92", "9201", "8101", "cb00"]) {
      expect(() => reader(hex).skip()).toThrow(CutOff);
    }
  });

  test("claimed lengths that can't be there are refused before anything is made of them", () => {
    expect(() => reader("dbffffffff00").text()).toThrow(CutOff);
    expect(() => reader("ddffffffff00").array()).toThrow(CutOff);
    expect(() => reader("dfffffffff00").map()).toThrow(CutOff);
    expect(() => reader("df0000000200c0c0").map()).toThrow(CutOff);
    expect(() => reader("ddffffffff00").skip()).toThrow(CutOff);
  });
});
