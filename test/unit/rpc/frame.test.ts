import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  FrameDecoder,
  type FrameKind,
  KINDS,
  PIECE_BYTES_MAX,
  PIECE_OVERHEAD_BYTES,
  writePiece,
} from "../../../src/rpc/frame.ts";

interface Frame {
  kind: FrameKind;
  payload: Buffer;
}

function piece(kind: FrameKind, part: Uint8Array, hasMore = false): Buffer {
  const out = Buffer.alloc(part.length + PIECE_OVERHEAD_BYTES);
  expect(writePiece(out, 0, kind, part, hasMore)).toBe(out.length);
  return out;
}

/** The pieces of one frame, each of at most `most` bytes. */
function pieces({ kind, payload }: Frame, most: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += most) {
    parts.push(piece(kind, payload.subarray(at, at + most), at + most < payload.length));
  }
  return parts;
}

function decode(chunks: readonly Buffer[]): { frames: Frame[]; fault: string | undefined } {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder((kind, payload) => {
    frames.push({ kind, payload: Buffer.from(payload) });
    return true;
  });
  let fault: string | undefined;
  for (const chunk of chunks) fault = decoder.push(chunk);
  return { frames, fault };
}

function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

describe("frames", () => {
  test("come out as they went in, however the stream and the frames are cut", () => {
    const frame = fc.record({
      kind: fc.constantFrom<FrameKind>("heartbeat", "append", "call", "snapshotChunk", "pong"),
      payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    });
    const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(frame), fc.integer({ min: 1, max: 50 }), sizes, (frames, most, cuts) => {
        const bytes = Buffer.concat(frames.flatMap((each) => pieces(each, most)));
        expect(decode(chunksOf(bytes, cuts))).toEqual({ frames, fault: undefined });
      }),
    );
  });

  test("of other lanes may come between the pieces of one", () => {
    const [first, second] = [Buffer.alloc(100, 1), Buffer.alloc(100, 2)];
    const [a, b] = [
      pieces({ kind: "snapshotChunk", payload: first }, 50),
      pieces({ kind: "append", payload: second }, 50),
    ];
    const stream = [a[0], b[0], piece("heartbeat", Buffer.of(7)), a[1], b[1]] as Buffer[];
    expect(decode(stream).frames).toEqual([
      { kind: "heartbeat", payload: Buffer.of(7) },
      { kind: "snapshotChunk", payload: first },
      { kind: "append", payload: second },
    ]);
  });

  test("of 8 MB that come byte by byte take a time that grows with the bytes only", () => {
    const payload = Buffer.alloc(8 * 1024 * 1024, 3);
    const bytes = Buffer.concat(pieces({ kind: "append", payload }, PIECE_BYTES_MAX));
    let got = 0;
    const decoder = new FrameDecoder((_, { length }) => {
      got = length;
      return true;
    });
    for (let at = 0; at < bytes.length; at++) decoder.push(bytes.subarray(at, at + 1));
    expect(got).toBe(payload.length);
  });

  test("that the receiver wants no more of end the decoding without a fault", () => {
    let got = 0;
    const decoder = new FrameDecoder(() => {
      got++;
      return false;
    });
    expect(decoder.push(Buffer.concat([piece("pong", Buffer.of(1)), piece("pong", Buffer.of(2))]))).toBeUndefined();
    expect(decoder.push(piece("pong", Buffer.of(3)))).toBeUndefined();
    expect(got).toBe(1);
  });
});

describe("a stream is at fault", () => {
  const changed = (bytes: Buffer, at: number, to: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = to;
    return copy;
  };
  const valid = piece("heartbeat", Buffer.from("abc"));

  test.each<[string, Buffer[], string]>([
    ["when a piece claims more than a piece may have", [changed(valid, 1, 0xff)], "a piece of 16711683 bytes"],
    ["for a kind that nobody knows", [changed(valid, 0, 0x7f)], "unknown kind 127"],
    ["for kind 0", [Buffer.alloc(100)], "unknown kind 0"],
    ["for an empty piece that another one follows", [piece("call", Buffer.alloc(0), true)], "an empty piece"],
    ["when a bit is wrong", [changed(valid, 5, 0x00)], "wrong checksum"],
    [
      "when another kind of the lane comes in between",
      [piece("call", Buffer.of(1), true), piece("answer", Buffer.of(1))],
      "answer within call",
    ],
    [
      "for more bytes than the kind may have",
      [piece("heartbeat", Buffer.alloc(4097))],
      "more than 4096 bytes of heartbeat",
    ],
  ])("%s", (_, stream, fault) => {
    const result = decode(stream);
    expect(result.fault).toContain(fault);
    expect(result.frames).toEqual([]);
  });

  test("and nothing after the fault counts", () => {
    expect(decode([changed(valid, 5, 0x00), valid])).toEqual({ frames: [], fault: "wrong checksum" });
  });

  test("when the pieces of a frame together are more than its kind may have", () => {
    const part = piece("snapshotChunk", Buffer.alloc(PIECE_BYTES_MAX), true);
    const count = KINDS.snapshotChunk.bytesMax / PIECE_BYTES_MAX;
    expect(decode(new Array(count).fill(part)).fault).toBeUndefined();
    expect(decode(new Array(count + 1).fill(part)).fault).toContain("bytes of snapshotChunk");
  });
});

describe("kinds", () => {
  test("have codes of one to 127, each its own", () => {
    const codes = Object.values(KINDS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => code >= 1 && code <= 127)).toBe(true);
  });
});
