import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WireError } from "../../../../src/codec/wire-error.ts";
import { Seal } from "../../../../src/gossip/wire/seal.ts";
import { aesGcm } from "../../../../src/platform/cipher.ts";
import { FRAMES_KEY, frame } from "../../../support/gossip/frames.ts";
import { keyOf, sealWith } from "../../../support/gossip/seals.ts";

const NOTHING = new Uint8Array(0);

describe("what a real serf sent", () => {
  test("is opened, and sealed with the same nonce it is the same, byte for byte", () => {
    const bytes = frame("packet, encrypted");
    const plain = sealWith([FRAMES_KEY]).open(bytes, NOTHING);
    const cipher = { ...aesGcm, randomBytes: () => bytes.subarray(1, 13) };
    expect(sealWith([FRAMES_KEY], { cipher }).close(plain, NOTHING)).toEqual(bytes);
  });
});

describe("versions", () => {
  const anyPlain = fc.uint8Array({ maxLength: 100 });

  test("1 adds 29 bytes, 0 fills up to whole blocks and adds 45 at most; both come back", () => {
    fc.assert(
      fc.property(anyPlain, fc.constantFrom(16, 24, 32), (plain, length) => {
        for (const version of [0, 1] as const) {
          const seal = sealWith([keyOf(1, length)], { version });
          const closed = seal.close(plain, NOTHING);
          expect(closed[0]).toBe(version);
          expect(closed).toHaveLength(29 + (version === 1 ? plain.length : 16 * (1 + Math.floor(plain.length / 16))));
          expect(closed).toHaveLength(seal.closedLength(plain.length));
          expect(closed.length - plain.length).toBeLessThanOrEqual(seal.overheadBytes);
          expect(new Uint8Array(sealWith([keyOf(1, length)]).open(closed, NOTHING))).toEqual(plain);
        }
      }),
    );
  });

  test("other ones, and what is too short, are refused in memberlist's words", () => {
    const seal = sealWith([keyOf(1)]);
    expect(() => seal.open(new Uint8Array(60).fill(2), NOTHING)).toThrow("Unsupported encryption version 2");
    expect(() => seal.open(Uint8Array.of(1, 2, 3), NOTHING)).toThrow("Payload is too small to decrypt: 3");
    expect(() => seal.open(new Uint8Array(44), NOTHING)).toThrow("Payload is too small to decrypt: 44");
    expect(() => seal.open(NOTHING, NOTHING)).toThrow(WireError);
  });

  test("a filling that can't be is refused", () => {
    for (const last of [0, 17, 255]) {
      const nonce = new Uint8Array(12);
      const plain = new Uint8Array(16).fill(last);
      const closed = Buffer.concat([Buffer.of(0), nonce, aesGcm.seal(keyOf(1), nonce, plain, NOTHING)]);
      expect(() => sealWith([keyOf(1)]).open(closed, NOTHING)).toThrow("filled wrongly");
    }
  });
});

describe("keys", () => {
  const plain = Buffer.from("hello");

  test("the primary seals, each opens, in their order", () => {
    const opened: number[] = [];
    const cipher = {
      ...aesGcm,
      open: (...args: Parameters<typeof aesGcm.open>) => {
        opened.push(args[0][0] ?? 0);
        return aesGcm.open(...args);
      },
    };
    const closed = sealWith([keyOf(3)]).close(plain, NOTHING);
    expect(
      new Uint8Array(sealWith([keyOf(1), keyOf(2), keyOf(3), keyOf(4)], { cipher }).open(closed, NOTHING)),
    ).toEqual(new Uint8Array(plain));
    expect(opened).toEqual([1, 2, 3]);
  });

  test("without the right one nothing is opened, nor with other additional data", () => {
    const closed = sealWith([keyOf(3)]).close(plain, Buffer.from("label"));
    for (const [keys, additional] of [
      [[keyOf(1), keyOf(2)], "label"],
      [[keyOf(3)], "labe"],
    ] as const) {
      expect(() => sealWith(keys).open(closed, Buffer.from(additional))).toThrow(
        "No installed keys could decrypt the message",
      );
    }
  });

  test("no two messages have the same nonce", () => {
    const seal = sealWith([keyOf(1)]);
    const nonces = Array.from({ length: 50 }, () => seal.close(plain, NOTHING).subarray(1, 13).toHex());
    expect(new Set(nonces).size).toBe(50);
  });
});

describe("rules", () => {
  test("nothing is encrypted nor refused without keys, whatever the rules say", () => {
    const seal = sealWith([]);
    expect([seal.hasKeys, seal.isSealing, seal.isStrict]).toEqual([false, false, false]);
  });

  test("change while it runs: first accept both, then send encrypted, then refuse plain (Consul's upgrade)", () => {
    const seal = sealWith([keyOf(1)], { verifyIncoming: false, verifyOutgoing: false });
    expect([seal.hasKeys, seal.isSealing, seal.isStrict]).toEqual([true, false, false]);
    seal.verify({ incoming: false, outgoing: true });
    expect([seal.isSealing, seal.isStrict]).toEqual([true, false]);
    seal.verify({ incoming: true, outgoing: true });
    expect([seal.isSealing, seal.isStrict]).toEqual([true, true]);
  });

  test("a label of more than 255 bytes is a programmer's error", () => {
    expect(() => sealWith([], { label: "x".repeat(256) })).toThrow("at most 255 bytes");
    expect(sealWith([], { label: "é" }).label).toHaveLength(2);
    expect(sealWith([])).toBeInstanceOf(Seal);
  });
});
