import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameReader, framed } from "../../../src/dns/frames.ts";

describe("dns: TCP framing (RFC 1035 4.2.2)", () => {
  test("messages come out whole and in order, however the stream was cut", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(framed));
        const reader = new FrameReader();
        const got: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          got.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(got).toEqual(sent.map((one) => Buffer.from(one)));
      }),
    );
  });
});
