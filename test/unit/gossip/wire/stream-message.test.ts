import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { WireError } from "../../../../src/codec/wire-error.ts";
import {
  encodingStreamMessage,
  type Progress,
  type StreamMessage,
  StreamMessageReader,
} from "../../../../src/gossip/wire/stream-message.ts";
import { TYPE } from "../../../../src/gossip/wire/types.ts";
import { anyStreamMessage } from "../../../support/gossip/messages.ts";
import { type PlainMap, plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";
import { compressed } from "../../../support/gossip/seals.ts";

const MIB = 1024 * 1024;
const all = () => true;

function encoded(message: StreamMessage): Uint8Array {
  const slices = encodingStreamMessage(message);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

function read(bytes: Uint8Array, isWhole = true, reserve: (bytes: number) => boolean = all): Progress {
  const reader = new StreamMessageReader(reserve);
  for (;;) {
    const progress = reader.run(bytes, isWhole);
    if (progress !== "again") return progress;
  }
}

const message = (type: number, fields: PlainMap, tail: Uint8Array = new Uint8Array(0)) =>
  new Uint8Array(Buffer.concat([Buffer.of(type), plainMsgpack(fields), tail]));

describe("messages of streams", () => {
  test("come back as they were, compressed or not", () => {
    fc.assert(
      fc.property(anyStreamMessage, (any) => {
        const bytes = encoded(any);
        expect(read(bytes)).toEqual(any);
        expect(read(compressed(bytes))).toEqual(any);
      }),
    );
  });

  test("need more as long as they are cut off, and are refused when nothing will follow", () => {
    fc.assert(
      fc.property(anyStreamMessage, fc.nat(), fc.boolean(), (any, at, isCompressed) => {
        const bytes = isCompressed ? compressed(encoded(any)) : encoded(any);
        const part = bytes.subarray(0, at % bytes.length);
        expect(read(part, false)).toBe("more");
        expect(() => read(part, true)).toThrow(WireError);
      }),
    );
  });

  test("have Go's names", () => {
    expect(encoded({ type: "error", text: "no" })).toEqual(message(TYPE.error, { Error: "no" }));
    const payload = Uint8Array.of(1, 2, 3);
    expect(encoded({ type: "user", payload })).toEqual(message(TYPE.user, { UserMsgLen: 3 }, payload));
  });

  test("of other types are refused", () => {
    for (const type of [
      TYPE.indirectPing,
      TYPE.alive,
      TYPE.compound,
      TYPE.encrypted,
      TYPE.checksummed,
      14,
      TYPE.label,
    ]) {
      expect(() => read(Uint8Array.of(type, 0x80))).toThrow(`Received invalid msgType (${type})`);
    }
  });
});

describe("limits", () => {
  test("a reliable message has at most 20 MiB, refused at its header", () => {
    expect(() => read(message(TYPE.user, { UserMsgLen: 20 * MIB + 1 }), false)).toThrow("exceeds limit");
    expect(() => read(message(TYPE.user, { UserMsgLen: -1 }), false)).toThrow("exceeds limit");
    expect(read(message(TYPE.user, { UserMsgLen: 20 * MIB }), false)).toBe("more");
  });

  test("pings, acks, errors and headers that don't end within 4 KiB are refused", () => {
    for (const type of [TYPE.ping, TYPE.ack, TYPE.error, TYPE.user]) {
      const endless = Buffer.concat([Buffer.of(type), Uint8Array.fromHex("81a358797adb7fffffff"), Buffer.alloc(4200)]);
      expect(read(endless.subarray(0, 4000), false)).toBe("more");
      expect(() => read(endless, false)).toThrow("more than 4096 bytes");
    }
  });

  test("what is compressed unpacks to 40 MiB at most, in slices, and never is compressed again", () => {
    const zeros = new Uint8Array(2 * MIB);
    const reader = new StreamMessageReader(all);
    const bytes = compressed(encoded({ type: "user", payload: zeros }));
    let turns = 0;
    while (reader.run(bytes, true) === "again") turns++;
    expect(turns).toBeGreaterThanOrEqual(8);
    expect(() => read(compressed(compressed(encoded({ type: "error", text: "x" }))))).toThrow(
      "a compressed message holds another one",
    );
  });

  test("memory for unpacking is asked for before much of it is taken", () => {
    const bytes = compressed(encoded({ type: "user", payload: new Uint8Array(4 * MIB) }));
    let reserved = 0;
    const most = (limit: number) => (more: number) => {
      reserved += more;
      return reserved <= limit;
    };
    expect(() => read(bytes, true, most(MIB))).toThrow("hold too much together");
    expect(reserved).toBeLessThan(2 * MIB);
    reserved = 0;
    expect(read(bytes, true, most(16 * MIB))).toMatchObject({ type: "user" });
    expect(reserved).toBeGreaterThan(4 * MIB);
  });

  test("a compressed message has no fields but its two: skipping others again and again could take long", () => {
    expect(() => read(message(TYPE.compressed, { Algo: 0, Xyz: [] }), false)).toThrow("a field that is not known");
    expect(() => read(message(TYPE.compressed, { Algo: 0, Buf: "x", Xyz: [] }), false)).toThrow(
      "fields that are not known",
    );
  });

  test("a message without its bytes is refused", () => {
    expect(() => read(message(TYPE.compressed, { Algo: 0 }))).toThrow("holds nothing");
    expect(() => read(message(TYPE.compressed, { Algo: 1, Buf: new Uint8Array(3) }))).toThrow("unknown algorithm 1");
    const writer = new MsgpackWriter();
    expect(() => read(compressed(writer.take()))).toThrow("the message is empty");
  });
});
