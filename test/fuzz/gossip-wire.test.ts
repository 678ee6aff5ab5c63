import { expect, test } from "bun:test";
import fc from "fast-check";
import { packLzw, unpackLzw } from "../../src/codec/lzw.ts";
import { MsgpackReader } from "../../src/codec/msgpack/reader.ts";
import { WireError } from "../../src/codec/wire-error.ts";
import { decodeMessage } from "../../src/gossip/wire/decode.ts";
import { encodeMessage } from "../../src/gossip/wire/encode.ts";
import { PacketCodec } from "../../src/gossip/wire/packet.ts";
import type { Seal } from "../../src/gossip/wire/seal.ts";
import { decodeSerf, encodeSerf } from "../../src/gossip/wire/serf.ts";
import { StreamCodec, type StreamMessage, type StreamReader } from "../../src/gossip/wire/stream.ts";
import { decodeTags, encodeTags } from "../../src/gossip/wire/tags.ts";
import { FRAMES, FRAMES_KEY } from "../support/gossip/frames.ts";
import { anyPacketMessage, anySerfMessage, anyStreamMessage } from "../support/gossip/messages.ts";
import { checksummed, compound, compressed, keyOf, labelled, sealWith } from "../support/gossip/seals.ts";
import { dice, runs, SEED } from "./harness/target.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

type Random = ReturnType<typeof dice>;

const sample = <T>(any: fc.Arbitrary<T>) => fc.sample(any, { numRuns: 150, seed: SEED });
const messages = sample(anyPacketMessage).map(encodeMessage);
const serfMessages = sample(anySerfMessage).map(encodeSerf);
const streamMessages: StreamMessage[] = sample(anyStreamMessage);
const frames = [...FRAMES.values()];

/** Who listens: without keys, with some, and with some but not strict; with a label. */
const SEALS: readonly Seal[] = [
  sealWith([]),
  sealWith([keyOf(1), FRAMES_KEY]),
  sealWith([FRAMES_KEY, keyOf(1, 32)], { verifyIncoming: false }),
  sealWith([], { label: "blue" }),
  sealWith([keyOf(1)], { label: "blue", version: 0 }),
];

/** What `read` gives, or undefined when the bytes were refused; any other error is a bug. */
function refused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Bytes that may be of use, changed or not. */
function bytesOf(random: Random, known: readonly Uint8Array[]): Buffer {
  if (random.chance(0.1)) return random.bytes(300);
  const bytes = Buffer.from(random.of(known));
  return random.chance(0.8) ? random.mutate(bytes) : bytes;
}

/** The same, wrapped in some of what can be around it. */
function wrapped(random: Random, known: readonly Uint8Array[]): Buffer {
  let bytes: Uint8Array = bytesOf(random, known);
  for (let left = random.below(5); left > 0; left--) {
    const kind = random.below(5);
    if (kind === 0) bytes = compressed(bytes, random.chance(0.95) ? 0 : random.below(256));
    else if (kind === 1) bytes = checksummed(bytes);
    else if (kind === 2) bytes = labelled(random.of(["blue", "", "green"]), bytes);
    else if (kind === 3) bytes = compound([bytes, bytesOf(random, known), bytes].slice(random.below(3)));
    else bytes = random.of(SEALS.slice(1)).hasKeys ? sealWith([keyOf(1)]).close(bytes, Buffer.alloc(0)) : bytes;
    if (random.chance(0.1)) bytes = random.mutate(Buffer.from(bytes));
  }
  return Buffer.from(bytes);
}

test(`messages: any bytes are refused, or a message that comes back as it is (FUZZ_SEED=${SEED})`, () => {
  const random = dice(60);
  const count = { refused: 0, read: 0 };
  for (let round = runs(60_000); round > 0; round--) {
    const isSerf = random.chance(0.5);
    const bytes = bytesOf(random, isSerf ? serfMessages : messages);
    const again = isSerf
      ? refused(() => decodeSerf(encodeSerf(decodeSerf(bytes))))
      : refused(() => decodeMessage(encodeMessage(decodeMessage(bytes))));
    if (again === undefined) count.refused++;
    else {
      count.read++;
      expect(again as unknown).toEqual(isSerf ? decodeSerf(bytes) : decodeMessage(bytes));
    }
  }
  expect(Math.min(count.refused, count.read)).toBeGreaterThan(runs(3000));
});

test(`packets: any bytes, wrapped in anything, are refused or give messages (FUZZ_SEED=${SEED})`, () => {
  const random = dice(61);
  const count = { refused: 0, read: 0 };
  const codecs = SEALS.map((seal) => new PacketCodec(seal));
  for (let round = runs(40_000); round > 0; round--) {
    const known = random.chance(0.5) ? frames : messages;
    const packet = random.chance(0.3)
      ? random.of(codecs).seal([random.of(messages)], random.chance(0.5))
      : wrapped(random, known);
    const bytes = random.chance(0.3) ? random.mutate(Buffer.from(packet)) : packet;
    const got = refused(() => random.of(codecs).open(bytes));
    if (got === undefined) count.refused++;
    else {
      count.read++;
      expect(got.length).toBeGreaterThan(0);
      for (const message of got) encodeMessage(message);
    }
  }
  expect(Math.min(count.refused, count.read)).toBeGreaterThan(runs(1000));
});

function feed(random: Random, reader: StreamReader, bytes: Uint8Array): StreamMessage | undefined {
  for (let at = 0; at < bytes.length; ) {
    const end = at + (random.chance(0.3) ? bytes.length : 1 + random.below(100));
    const message = reader.push(bytes.subarray(at, end));
    if (message !== undefined) return message;
    at = end;
  }
  return undefined;
}

test(`streams: any bytes in any pieces are refused, wait for more, or give a message (FUZZ_SEED=${SEED})`, () => {
  const random = dice(62);
  const count = { refused: 0, waits: 0, read: 0 };
  const codecs = SEALS.map((seal) => new StreamCodec(seal));
  const plain = streamMessages.map((message) => new StreamCodec(sealWith([])).encode(message));
  for (let round = runs(15_000); round > 0; round--) {
    const isAnswer = random.chance(0.3);
    let bytes = random.chance(0.5)
      ? random.of(codecs).encode(random.of(streamMessages), { isAnswer })
      : wrapped(random, random.chance(0.3) ? frames : plain);
    if (random.chance(0.6)) bytes = random.mutate(Buffer.from(bytes));
    try {
      if (feed(random, random.of(codecs).reader({ isAnswer }), bytes) === undefined) count.waits++;
      else count.read++;
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      count.refused++;
    }
  }
  expect(Math.min(count.refused, count.read, count.waits)).toBeGreaterThan(runs(300));
});

test(`what is encrypted: with any bit changed it is refused (FUZZ_SEED=${SEED})`, () => {
  const random = dice(63);
  const seal = sealWith([keyOf(1), keyOf(2, 32)]);
  const [packets, streams] = [new PacketCodec(seal), new StreamCodec(seal)];
  for (let round = runs(5000); round > 0; round--) {
    const isPacket = random.chance(0.5);
    const bytes = isPacket ? packets.seal([random.of(messages)], true) : streams.encode(random.of(streamMessages));
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    // A longer length makes a stream wait for what never comes.
    expect(refused(() => (isPacket ? packets.open(bytes) : streams.reader().push(bytes)))).toBeUndefined();
  }
});

test(`tags, compressed data and msgpack: any bytes are refused or of use (FUZZ_SEED=${SEED})`, () => {
  const random = dice(64);
  const metas = [encodeTags({ role: "web", dc: "dc1" }), encodeTags({}), Buffer.from("web")];
  const packed = [...messages.slice(0, 50), new Uint8Array(9000)].map(packLzw);
  for (let round = runs(30_000); round > 0; round--) {
    expect(Object.values(decodeTags(bytesOf(random, metas))).every((value) => typeof value === "string")).toBe(true);
    expect(refused(() => unpackLzw(bytesOf(random, packed), 10_000))?.length ?? 0).toBeLessThanOrEqual(10_000);
    refused(() => new MsgpackReader(bytesOf(random, serfMessages)).skip());
  }
});

/** Milliseconds of the fastest of three: the others wait for a busy machine. */
function fastestMs(act: () => void): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const startMs = performance.now();
      act();
      return performance.now() - startMs;
    }),
  );
}

/** Packets of the largest size that cost as much as their makers could think of. */
function costlyPackets(): Record<string, Uint8Array> {
  const fill = (head: number[], byte: number) =>
    Buffer.concat([Buffer.from(head), Buffer.alloc(65_000 - head.length, byte)]);
  const bomb = compressed(Buffer.concat([Buffer.of(8), Buffer.alloc(127 * KIB)]));
  const bombs = compound(Array.from({ length: Math.min(255, Math.floor(64_000 / (bomb.length + 2))) }, () => bomb));
  const tiny = compound(Array.from({ length: 255 }, () => Uint8Array.of(11, 0x80)));
  const deep = Array.from({ length: 20 }).reduce<Uint8Array>((inner) => compound([inner]), tiny);
  const halves = Array.from({ length: 12 }).reduce<Uint8Array>((inner) => {
    return inner.length > 30_000 ? inner : compound([inner, inner]);
  }, compressed(tiny));
  return {
    "one field after the other that is not known": fill([0, 0xde, 0x7e, 0xff], 0xa0),
    "maps in maps": fill([0, 0x81, 0xa0], 0x81),
    "arrays in arrays": fill([2, 0x81, 0xa1, 0x78], 0x91),
    "a text of 4 GiB": fill([0, 0x81, 0xa4, 0x4e, 0x6f, 0x64, 0x65, 0xdb, 255, 255, 255, 255], 0),
    "a map of 4 billion": fill([4, 0xdf, 255, 255, 255, 255], 0xa0),
    "bytes of 4 GiB": fill([2, 0x81, 0xa7, ...Buffer.from("Payload"), 0xc6, 255, 255, 255, 255], 0),
    "a bomb": compressed(new Uint8Array(4 * MIB)),
    "many bombs": bombs,
    "compounds of compounds": halves,
    "compounds in compounds": deep,
    "compressed again and again": [1, 2, 3, 4, 5, 6].reduce<Uint8Array>((inner) => compressed(inner), bomb),
    "many parts": compound(Array.from({ length: 250 }, () => tiny.subarray(0, 250))),
    "parts of no bytes": Buffer.concat([Buffer.of(7, 255), Buffer.alloc(510)]),
  };
}

test("packets: the costliest of 64 KiB take some milliseconds", () => {
  const codec = new PacketCodec(sealWith([]));
  const sealed = new PacketCodec(sealWith(Array.from({ length: 64 }, (_, i) => keyOf(i))));
  for (const [name, packet] of Object.entries(costlyPackets())) {
    expect(packet.length, name).toBeLessThanOrEqual(65_535);
    expect(
      fastestMs(() => refused(() => codec.open(packet))),
      name,
    ).toBeLessThan(100);
  }
  // None of the keys fits.
  const foreign = sealWith([keyOf(200)]).close(new Uint8Array(65_000), new Uint8Array(0));
  expect(fastestMs(() => refused(() => sealed.open(foreign)))).toBeLessThan(100);
});

test("Serf's messages: the costliest state of 4 MiB takes some milliseconds for each of them", () => {
  const state = (field: string, count: Buffer, byte: number) =>
    Buffer.concat([Buffer.of(2, 0x81, 0xa0 | field.length), Buffer.from(field), count, Buffer.alloc(4 * MIB, byte)]);
  const many = Buffer.of(0xdd, 0, 0x3f, 255, 255);
  const cases = [
    state("LeftMembers", many, 0xa0),
    state("Events", many, 0xc0),
    state("Events", Buffer.of(0x91, 0x81, 0xa6, ...Buffer.from("Events"), ...many), 0x80),
    state("StatusLTimes", Buffer.of(0xdf, 0, 0x1f, 255, 255), 0xa0),
    state("Unknown", many, 0x90),
    state("Unknown", many, 0x91),
  ];
  for (const bytes of cases) expect(fastestMs(() => refused(() => decodeSerf(bytes)))).toBeLessThan(400);
  const others = Buffer.concat([Buffer.of(4, 0x81, 0xa7), Buffer.from("Filters"), many, Buffer.alloc(4 * MIB, 0xa0)]);
  expect(() => decodeSerf(others)).toThrow("more than 131072");
});

test("streams: whoever sends byte by byte costs little for each", () => {
  const heads = {
    node: "0682a54e6f64657301a0c0",
    header: "06",
    user: "08",
    ping: "00",
    error: "0d",
    compressed: "09",
    "compressed, after its first field": "0982a4416c676f00",
  };
  for (const [name, head] of Object.entries(heads)) {
    // Of all that can be waited for, nested arrays are the costliest to skip.
    const bytes = Buffer.concat([Buffer.from(head, "hex"), Uint8Array.fromHex("82a178"), Buffer.alloc(20_000, 0x91)]);
    const pushAll = () => {
      const reader = new StreamCodec(sealWith([])).reader();
      for (let at = 0; at < bytes.length; at++) reader.push(bytes.subarray(at, at + 1));
    };
    expect(
      fastestMs(() => refused(pushAll)),
      name,
    ).toBeLessThan(1500);
  }
});

test("streams: a step of the largest messages takes some milliseconds, and all of them end", () => {
  const codec = new StreamCodec(sealWith([]));
  const empty = Buffer.concat([Buffer.from("0681a54e6f646573ce00020000", "hex"), Buffer.alloc(131_072, 0x80)]);
  const cases: Record<string, Uint8Array> = {
    "empty nodes": empty,
    "a bomb": compressed(
      Buffer.concat([Buffer.from("0881aa557365724d73674c656ece01400000", "hex"), Buffer.alloc(20 * MIB)]),
    ),
    "nodes that claim to be": Buffer.from("0681a54e6f646573ce0001ffff", "hex"),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const reader = codec.reader();
    reader.take(bytes);
    let [steps, worstMs] = [0, 0];
    for (let progress: unknown = "again"; progress === "again"; steps++) {
      const startMs = performance.now();
      progress = refused(() => reader.step());
      worstMs = Math.max(worstMs, performance.now() - startMs);
    }
    expect(steps, name).toBeLessThan(1000);
    expect(worstMs, name).toBeLessThan(300);
  }
});

test("streams that are never finished hold no more than twice what came", () => {
  const piece = new Uint8Array(64 * KIB);
  const fill = (head: string) => {
    const codec = new StreamCodec(sealWith([FRAMES_KEY], { verifyIncoming: false }));
    const reader = codec.reader();
    reader.push(Buffer.from(head, "hex"));
    for (let sent = 0; sent < 16 * MIB; sent += piece.length) expect(reader.push(piece)).toBeUndefined();
    return reader;
  };
  const heads = ["0881aa557365724d73674c656ece01400000", "0a01400000", "0982a4416c676f00a3427566db02000000"];
  const held: StreamReader[] = [];
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  for (const head of heads) held.push(fill(head));
  Bun.gc(true);
  expect(process.memoryUsage.rss() - before).toBeLessThan(3 * 2 * 16 * MIB + 64 * MIB);
  expect(held).toHaveLength(3);
});
