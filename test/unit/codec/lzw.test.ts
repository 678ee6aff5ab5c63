import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LzwUnpacker, packLzw, unpackLzw } from "../../../src/codec/lzw.ts";
import { WireError } from "../../../src/codec/wire-error.ts";

const MIB = 1024 * 1024;

/** Bytes that repeat themselves somehow, the same in each run. */
function sample(length: number, kinds: number): Uint8Array {
  let state = 7;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * kinds);
  });
}

describe("as Go's compress/lzw", () => {
  // Written by Go 1.26, `lzw.NewWriter(w, lzw.LSB, 8)`; of the long ones the CRC-32.
  test("writes the same bytes", () => {
    expect(packLzw(new Uint8Array(0)).toHex()).toBe("000302");
    expect(packLzw(Buffer.from("x")).toHex()).toBe("00f10404");
    expect(packLzw(Buffer.from("TOBEORNOTTOBEORTOBEORNOT")).toHex()).toBe("00a93c1152e48914274fa80824687061c183090302");
    const long: [number, number, number, number][] = [
      [200_000, 1, 761, 1_950_336_743],
      [100_000, 256, 136_848, 336_697_746],
      [100_000, 4, 29_837, 926_846_392],
    ];
    const got = long.map(([length, kinds]) => {
      const packed = packLzw(sample(length, kinds));
      return [length, kinds, packed.length, Bun.hash.crc32(packed)];
    });
    expect(got).toEqual(long);
  });
});

describe("unpacking", () => {
  test("gives what was packed, also when the table was full many times", () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      fc.tuple(fc.nat(60_000), fc.integer({ min: 1, max: 256 })).map(([length, kinds]) => sample(length, kinds)),
    );
    fc.assert(
      fc.property(any, (bytes) => Buffer.compare(unpackLzw(packLzw(bytes), bytes.length), bytes) === 0),
      { numRuns: 60 },
    );
  });

  test("in slices gives the same", () => {
    const bytes = sample(50_000, 5);
    const unpacker = new LzwUnpacker(packLzw(bytes), bytes.length);
    let slices = 1;
    while (!unpacker.run(1000)) slices++;
    expect(slices).toBeGreaterThan(40);
    expect(Buffer.compare(unpacker.bytes(), bytes)).toBe(0);
    expect(unpacker.run(1000)).toBe(true);
  });

  test("goes on without new entries when a peer does not clear a full table", () => {
    // All literals, 12 bits each from the 1793rd on, and never a code to clear.
    const bits: string[] = [];
    for (let i = 0; i < 6000; i++) {
      const width = i < 255 ? 9 : i < 767 ? 10 : i < 1791 ? 11 : 12;
      bits.push((i & 255).toString(2).padStart(width, "0"));
    }
    bits.push((257).toString(2).padStart(12, "0"));
    const text = bits.toReversed().join("");
    const packed = Uint8Array.from({ length: Math.ceil(text.length / 8) }, (_, i) =>
      Number.parseInt(text.slice(Math.max(0, text.length - 8 * (i + 1)), text.length - 8 * i), 2),
    );
    expect(unpackLzw(packed, 6000)).toEqual(Uint8Array.from({ length: 6000 }, (_, i) => i));
  });

  test("of more than the limit is refused, and takes no more memory than it", () => {
    const bomb = packLzw(new Uint8Array(4 * MIB));
    expect(bomb.length).toBeLessThan(16 * 1024);
    expect(() => unpackLzw(bomb, MIB)).toThrow(`more than ${MIB} bytes`);
    const unpacker = new LzwUnpacker(bomb, MIB);
    expect(() => unpacker.run(2 * MIB)).toThrow(WireError);
    expect(unpacker.roomBytes).toBeLessThanOrEqual(MIB);
    expect(unpackLzw(packLzw(new Uint8Array(100)), 100)).toHaveLength(100);
    expect(() => unpackLzw(packLzw(new Uint8Array(101)), 100)).toThrow(WireError);
  });

  test("of what is cut off, or has a code that is not in the table, is refused", () => {
    const packed = packLzw(sample(1000, 9));
    for (let length = 0; length < packed.length - 1; length += 7) {
      expect(() => unpackLzw(packed.subarray(0, length), MIB)).toThrow("cut off");
    }
    // 258 before any literal.
    expect(() => unpackLzw(Uint8Array.of(0, 0x05, 0x02, 0), MIB)).toThrow("a code that is not in the table");
  });
});
