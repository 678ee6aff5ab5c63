import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WireError } from "../../../../src/codec/wire-error.ts";
import { decodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { StreamCodec, type StreamMessage } from "../../../../src/gossip/wire/stream.ts";
import { aesGcm } from "../../../../src/platform/cipher.ts";
import { FRAMES_KEY, frame } from "../../../support/gossip/frames.ts";
import { anyStreamMessage } from "../../../support/gossip/messages.ts";
import { keyOf, labelled, sealWith } from "../../../support/gossip/seals.ts";

const MIB = 1024 * 1024;
const plain = new StreamCodec(sealWith([]));
const error: StreamMessage = { type: "error", text: "no" };

function exchangeOf(message: StreamMessage | undefined) {
  if (message?.type !== "pushPull") throw new Error("an exchange was expected");
  return message;
}

describe("what a real serf sent", () => {
  test("is read: an exchange that is compressed", () => {
    const exchange = exchangeOf(plain.reader().push(frame("stream, push/pull, compressed")));
    expect(exchange).toMatchObject({
      isJoin: true,
      nodes: [{ name: "s1", at: { address: "127.88.1.1", port: 17_946 } }],
    });
    expect(decodeSerf(exchange.userState)).toMatchObject({
      type: "pushPull",
      ltime: 1,
      statusLTimes: new Map([["s1", 0]]),
    });
  });

  test("is read: an exchange that is encrypted", () => {
    const codec = new StreamCodec(sealWith([keyOf(1), FRAMES_KEY]));
    const exchange = exchangeOf(codec.reader().push(frame("stream, push/pull, encrypted")));
    expect(exchange.nodes.map(({ name, state }) => [name, state])).toEqual([["s1", "alive"]]);
  });

  test("sealed again with the same nonce has the same head, byte for byte", () => {
    const bytes = frame("stream, push/pull, encrypted");
    const cipher = { ...aesGcm, randomBytes: () => bytes.subarray(6, 18) };
    const seal = sealWith([FRAMES_KEY], { cipher });
    const inner = seal.open(bytes.subarray(5), bytes.subarray(0, 5));
    expect(Buffer.concat([bytes.subarray(0, 5), seal.close(inner, bytes.subarray(0, 5))]).toHex()).toBe(bytes.toHex());
    const sealed = new StreamCodec(seal).encode(error);
    expect(sealed[0]).toBe(10);
    expect(Buffer.from(sealed).readUInt32BE(1)).toBe(sealed.length - 5);
  });
});

describe("streams", () => {
  const anySeal = fc.record({
    keys: fc.constantFrom([], [keyOf(1)], [keyOf(2, 32), keyOf(1)]),
    label: fc.constantFrom("", "blue", "x".repeat(255)),
    version: fc.constantFrom<0 | 1>(0, 1),
  });

  test("give the message as it was, in whatever pieces it comes, and no earlier than it is whole", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(anySeal, anyStreamMessage, sizes, fc.boolean(), ({ keys, label, version }, any, sizes, isAnswer) => {
        const codec = new StreamCodec(sealWith(keys, { label, version }));
        const bytes = codec.encode(any, { isAnswer });
        const reader = codec.reader({ isAnswer });
        let got: StreamMessage | undefined;
        for (let at = 0, i = 0; at < bytes.length; i++) {
          expect(got).toBeUndefined();
          const end = at + (sizes[i % sizes.length] ?? 1);
          got = reader.push(bytes.subarray(at, end));
          at = end;
        }
        expect(got).toEqual(any);
      }),
      { numRuns: 300 },
    );
  });

  test("can be read in steps, so that a large exchange doesn't hold the loop", () => {
    const nodes = Array.from({ length: 5000 }, (_, i) => ({
      ...{ name: `n${i}`, at: { address: "10.0.0.1", port: 1 }, meta: new Uint8Array(0), incarnation: 1 },
      ...{ state: "alive" as const, versions: undefined },
    }));
    const bytes = plain.encode({ type: "pushPull", isJoin: false, nodes, userState: new Uint8Array(0) });
    const reader = plain.reader();
    reader.take(bytes);
    const steps = [reader.step(), reader.step(), reader.step()];
    expect(steps.slice(0, 2)).toEqual(["again", "again"]);
    expect(steps[2]).toMatchObject({ type: "pushPull", nodes: { length: 5000 } });
  });

  test("what the reader holds is its own: pieces may be overwritten", () => {
    const bytes = plain.encode({ type: "user", payload: Buffer.from("hello") });
    const reader = plain.reader();
    reader.push(bytes.subarray(0, 8));
    const message = reader.push(bytes.subarray(8));
    bytes.fill(0xee);
    expect(message?.type === "user" && Buffer.from(message.payload).toString()).toBe("hello");
  });

  test("without any byte are not wrong: more may come", () => {
    expect(plain.reader().push(new Uint8Array(0))).toBeUndefined();
    expect(new StreamCodec(sealWith([keyOf(1)])).reader().push(new Uint8Array(0))).toBeUndefined();
  });
});

describe("who is heard (texts of memberlist)", () => {
  test("with a key only who has it", () => {
    const codec = new StreamCodec(sealWith([keyOf(1)]));
    expect(() => codec.reader().push(plain.encode(error))).toThrow(
      "encryption is configured but remote state is not encrypted",
    );
    expect(() => codec.reader().push(new StreamCodec(sealWith([keyOf(2)])).encode(error))).toThrow(
      "No installed keys could decrypt the message",
    );
    expect(() => plain.reader().push(codec.encode(error))).toThrow(
      "remote state is encrypted and encryption is not configured",
    );
  });

  test("with encrypt_verify_incoming=false also who does not encrypt; with encrypt_verify_outgoing=false we don't", () => {
    const lenient = new StreamCodec(sealWith([keyOf(1)], { verifyIncoming: false, verifyOutgoing: false }));
    expect(lenient.encode(error)).toEqual(plain.encode(error));
    expect(lenient.reader().push(plain.encode(error))).toEqual(error);
    expect(lenient.reader().push(new StreamCodec(sealWith([keyOf(1)])).encode(error))).toEqual(error);
  });

  test("with a label who has the same; only who speaks first says it", () => {
    const blue = new StreamCodec(sealWith([], { label: "blue" }));
    expect(blue.encode(error)).toEqual(labelled("blue", plain.encode(error)));
    expect(blue.encode(error, { isAnswer: true })).toEqual(plain.encode(error));
    for (const bytes of [
      plain.encode(error),
      labelled("green", plain.encode(error)),
      labelled("blu", plain.encode(error)),
    ]) {
      expect(() => blue.reader().push(bytes)).toThrow("unacceptable label");
    }
    expect(() => plain.reader().push(blue.encode(error))).toThrow("unacceptable label");
    expect(() => plain.reader({ isAnswer: true }).push(blue.encode(error))).toThrow("invalid msgType (244)");
  });

  test("a head that was changed on the way does not decrypt: it is authenticated", () => {
    const codec = new StreamCodec(sealWith([keyOf(1)]));
    const bytes = codec.encode(error);
    bytes[4] = (bytes[4] ?? 0) - 1;
    expect(() => codec.reader().push(bytes)).toThrow(WireError);
  });
});

describe("limits", () => {
  test("an encrypted message has at most 20 MiB, refused at its head", () => {
    const head = Buffer.of(10, 0, 0, 0, 0);
    head.writeUInt32BE(20 * MIB + 1, 1);
    const reader = () => new StreamCodec(sealWith([keyOf(1)])).reader();
    expect(() => reader().push(head)).toThrow("remote node state is larger than limit (20971521)");
    head.writeUInt32BE(20 * MIB, 1);
    expect(reader().push(head)).toBeUndefined();
  });

  test("a peer that never ends is cut at 40 MiB", () => {
    const reader = plain.reader();
    reader.push(Uint8Array.fromHex("0881aa557365724d73674c656ece01400000"));
    const piece = new Uint8Array(MIB);
    const endless = () => {
      for (let i = 0; i < 50; i++) reader.take(piece);
    };
    expect(endless).toThrow("more than 41943040 bytes");
  });

  test("what is decrypted is asked for", () => {
    const codec = new StreamCodec(sealWith([keyOf(1)]));
    const bytes = codec.encode({ type: "user", payload: new Uint8Array(1000) });
    expect(() => codec.reader({ reserve: (more) => more < 1000 }).push(bytes)).toThrow("hold too much together");
    expect(codec.reader({ reserve: (more) => more < 2000 }).push(bytes)).toMatchObject({ type: "user" });
  });
});
