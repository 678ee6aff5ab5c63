import { describe, expect, test } from "bun:test";
import { MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import { CutOff } from "../../../../src/codec/wire-error.ts";
import { readPacked } from "../../../../src/gossip/wire/compression.ts";
import { type PlainMap, plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

const Buf = Uint8Array.of(1, 2, 3);
const packed = (fields: PlainMap) => new Uint8Array(readPacked(new MsgpackReader(plainMsgpack(fields))));

describe("a compressed message", () => {
  test("has an algorithm and the packed bytes, in any order; the algorithm may be missing", () => {
    expect(packed({ Algo: 0, Buf })).toEqual(Buf);
    expect(packed({ Buf, Algo: 0 })).toEqual(Buf);
    expect(packed({ Buf })).toEqual(Buf);
  });

  test("is refused with another algorithm, without bytes, or with other fields", () => {
    expect(() => packed({ Algo: 1, Buf })).toThrow("Cannot decompress unknown algorithm 1");
    expect(() => packed({ Algo: 0 })).toThrow("holds nothing");
    expect(() => packed({ Algo: 0, Other: 1 })).toThrow("a field that is not known");
    expect(() => packed({ Algo: 0, Buf, Other: 1 })).toThrow("fields that are not known");
  });

  test("that is cut off may still come", () => {
    const bytes = plainMsgpack({ Algo: 0, Buf });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readPacked(new MsgpackReader(bytes.subarray(0, length)))).toThrow(CutOff);
    }
  });
});
