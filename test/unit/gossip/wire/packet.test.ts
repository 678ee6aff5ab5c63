import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WireError } from "../../../../src/codec/wire-error.ts";
import type { PacketMessage } from "../../../../src/gossip/messages.ts";
import { decodeMessage } from "../../../../src/gossip/wire/decode.ts";
import { encodeMessage } from "../../../../src/gossip/wire/encode.ts";
import { PacketCodec } from "../../../../src/gossip/wire/packet.ts";
import { FRAMES_KEY, frame } from "../../../support/gossip/frames.ts";
import { anyPacketMessage } from "../../../support/gossip/messages.ts";
import { checksummed, compound, compressed, keyOf, labelled, sealWith } from "../../../support/gossip/seals.ts";

const plain = new PacketCodec(sealWith([]));
const dead: PacketMessage = { type: "dead", incarnation: 1, node: "a", from: "b" };
const nack = (seqNo: number): PacketMessage => ({ type: "nack", seqNo });
const bytesOf = (message: PacketMessage) => encodeMessage(message);

describe("what a real serf sent", () => {
  test("is the same byte for byte when it is sealed again: alone, in a compound, with checksum or not", () => {
    const names = [
      ...["ping", "ping and alive in a compound", "alive with checksum", "leave intent with checksum", "user event"],
      ...["alive and join intent in a compound with checksum"],
      ...["query with a tag filter and event in a compound with checksum"],
    ];
    for (const name of names) {
      const parts = plain.open(frame(name)).map(bytesOf);
      expect(plain.seal(parts, name.includes("checksum"))).toEqual(frame(name));
    }
  });

  test("is read when it is compressed", () => {
    const messages = plain.open(frame("packet, query and event, compressed"));
    expect(messages.map(({ type }) => type)).toEqual(["ping", "user", "user"]);
  });

  test("is read when it is encrypted, and only then when there is the key", () => {
    const codec = new PacketCodec(sealWith([keyOf(1), FRAMES_KEY]));
    expect(codec.open(frame("packet, encrypted")).map(({ type }) => type)).toContain("alive");
    expect(() => new PacketCodec(sealWith([keyOf(1)])).open(frame("packet, encrypted"))).toThrow("No installed keys");
    expect(() => plain.open(frame("packet, encrypted"))).toThrow(WireError);
  });
});

describe("packets", () => {
  const anySeal = fc.record({
    keys: fc.constantFrom([], [keyOf(1)], [keyOf(2, 32), keyOf(1)]),
    label: fc.constantFrom("", "blue", "x".repeat(255)),
    version: fc.constantFrom<0 | 1>(0, 1),
  });

  test("come back as they were with every combination of label, encryption, checksum and number of parts", () => {
    const messages = fc.array(anyPacketMessage, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anySeal, messages, fc.boolean(), ({ keys, label, version }, messages, withCrc) => {
        const codec = new PacketCodec(sealWith(keys, { label, version }));
        expect(codec.open(codec.seal(messages.map(bytesOf), withCrc))).toEqual(messages);
      }),
      { numRuns: 300 },
    );
  });

  test("that use up the budget have at most 1400 bytes", () => {
    fc.assert(
      fc.property(
        anySeal,
        fc.integer({ min: 2, max: 40 }),
        fc.boolean(),
        ({ keys, label, version }, count, withCrc) => {
          const codec = new PacketCodec(sealWith(keys, { label, version }));
          const each = Math.floor(codec.budget() / count) - 2;
          const parts = Array.from({ length: count }, () => new Uint8Array(each));
          expect(codec.seal(parts, withCrc).length).toBeLessThanOrEqual(1400);
        },
      ),
    );
  });

  test("have at most 127 parts: older members can't count further", () => {
    const parts = Array.from({ length: 127 }, (_, i) => bytesOf(nack(i)));
    expect(plain.open(plain.seal(parts, false))).toHaveLength(127);
    expect(() => plain.seal([...parts, ...parts], false)).toThrow("1 to 127 parts, and not 254");
    expect(() => plain.seal([], false)).toThrow("1 to 127 parts, and not 0");
  });

  test("are not encrypted when that is not asked for, and the budget is larger then", () => {
    const open = new PacketCodec(sealWith([keyOf(1)], { verifyOutgoing: false }));
    expect(open.seal([bytesOf(dead)], false)).toEqual(bytesOf(dead));
    expect(open.budget() - new PacketCodec(sealWith([keyOf(1)])).budget()).toBe(29);
  });
});

describe("opening", () => {
  test("messages may be wrapped in each other, compressed and not", () => {
    const inner = compound([bytesOf(nack(1)), compressed(compound([bytesOf(nack(2)), bytesOf(nack(3))]))]);
    expect(plain.open(checksummed(compressed(inner)))).toEqual([nack(1), nack(2), nack(3)]);
  });

  test("four times and not more", () => {
    let packet = bytesOf(dead);
    for (let depth = 0; depth < 4; depth++) packet = depth % 2 === 0 ? compound([packet]) : compressed(packet);
    expect(plain.open(packet)).toEqual([dead]);
    expect(() => plain.open(compound([packet]))).toThrow("wrapped more than 4 times");
  });

  test("a malformed message among others is left out; alone it is refused", () => {
    expect(plain.open(compound([bytesOf(nack(1)), Uint8Array.of(99), new Uint8Array(0), bytesOf(dead)]))).toEqual([
      ...[nack(1), dead],
    ]);
    expect(() => plain.open(compound([Uint8Array.of(99), Uint8Array.of(98)]))).toThrow("message type 99");
  });

  test("of a compound that is cut off the whole parts count", () => {
    const packet = compound([bytesOf(nack(1)), bytesOf(dead)]);
    expect(plain.open(packet.subarray(0, packet.length - 1))).toEqual([nack(1)]);
    expect(() => plain.open(packet.subarray(0, 5))).toThrow("lengths of a compound message are cut off");
  });

  test("a wrong checksum is refused", () => {
    const packet = checksummed(bytesOf(dead));
    for (let at = 1; at < packet.length; at++) {
      const changed = new Uint8Array(packet);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(() => plain.open(changed)).toThrow("the packet's checksum is wrong");
    }
  });

  test("an empty packet is refused, and so is an empty compound", () => {
    expect(() => plain.open(new Uint8Array(0))).toThrow("the message is empty");
    expect(() => plain.open(compound([]))).toThrow("the packet is empty");
  });

  test("unknown compression is refused", () => {
    expect(() => plain.open(compressed(bytesOf(dead), 1))).toThrow("unknown algorithm 1");
  });

  test("messages own their bytes", () => {
    const packet = compound([bytesOf({ type: "user", payload: Uint8Array.of(1, 2, 3) }), bytesOf(dead)]);
    const messages = plain.open(packet);
    packet.fill(0xee);
    expect(messages).toEqual([{ type: "user", payload: Uint8Array.of(1, 2, 3) }, dead]);
  });
});

describe("limits of what comes", () => {
  test("a packet may unpack to 128 KiB in all: a bomb costs no more, however many there are", () => {
    const large = bytesOf({ type: "user", payload: new Uint8Array(100_000) });
    expect(plain.open(compressed(large))).toHaveLength(1);
    expect(plain.open(compound([compressed(large), compressed(large)]))).toHaveLength(1);
    const bomb = compressed(bytesOf({ type: "user", payload: new Uint8Array(140_000) }));
    expect(plain.open(compound([bytesOf(dead), ...Array.from({ length: 99 }, () => bomb)]))).toEqual([dead]);
    expect(() => plain.open(bomb)).toThrow("more than 131072 bytes");
  });

  test("a packet may have 1024 messages", () => {
    const many = compound(Array.from({ length: 255 }, (_, i) => bytesOf(nack(i))));
    expect(plain.open(compound([many, many, many, many, many]))).toHaveLength(4 * 255);
  });
});

describe("who is heard", () => {
  const message = bytesOf(dead);

  test("with a key only who has it; plain packets are refused (issue of a key that is set)", () => {
    const codec = new PacketCodec(sealWith([keyOf(1)]));
    expect(() => codec.open(plain.seal([message], true))).toThrow(WireError);
    expect(() => codec.open(new PacketCodec(sealWith([keyOf(2)])).seal([message], true))).toThrow("No installed keys");
  });

  test("with a key and encrypt_verify_incoming=false also who has none", () => {
    const codec = new PacketCodec(sealWith([keyOf(1)], { verifyIncoming: false }));
    expect(codec.open(plain.seal([message], true))).toEqual([dead]);
    expect(codec.open(new PacketCodec(sealWith([keyOf(1)])).seal([message], true))).toEqual([dead]);
  });

  test("with a label only who has the same; without one nobody with a label", () => {
    const blue = new PacketCodec(sealWith([], { label: "blue" }));
    expect(blue.seal([message], false)).toEqual(labelled("blue", message));
    expect(blue.open(labelled("blue", message))).toEqual([dead]);
    for (const packet of [message, labelled("blu", message), labelled("green", message), Uint8Array.of(244)]) {
      expect(() => blue.open(packet)).toThrow("the packet has another label");
    }
    expect(() => plain.open(labelled("blue", message))).toThrow("another label");
    expect(() => plain.open(labelled("", message))).toThrow("another label");
  });

  test("a label that was changed on the way does not decrypt", () => {
    const [blue, grey] = ["blue", "grey"].map((label) => new PacketCodec(sealWith([keyOf(1)], { label })));
    const packet = blue?.seal([message], false) ?? new Uint8Array(0);
    packet.set(Buffer.from("grey"), 2);
    expect(() => grey?.open(packet)).toThrow("No installed keys");
  });
});

test("a message alone is the packet: no more than its bytes travel", () => {
  expect(plain.seal([bytesOf(dead)], false)).toEqual(bytesOf(dead));
  expect(decodeMessage(plain.seal([bytesOf(dead)], false))).toEqual(dead);
});
