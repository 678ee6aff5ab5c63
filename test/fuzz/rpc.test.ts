import { expect, test } from "bun:test";
import fc from "fast-check";
import { forwardedMethods } from "../../src/http/forwarded.ts";
import { toResponse } from "../../src/http/respond.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import type { Message } from "../../src/raft/core/messages.ts";
import { ByteReader, ByteWriter } from "../../src/rpc/bytes.ts";
import { FrameDecoder, type FrameKind, KINDS, PIECE_BYTES_MAX } from "../../src/rpc/frame.ts";
import { encodeGuestHello } from "../../src/rpc/guest-hello.ts";
import { conflictOf, decodeIntroduction, decodeRefused, encodeIntroduction } from "../../src/rpc/hello.ts";
import type { Side } from "../../src/rpc/link.ts";
import { decodeMessage, encodeMessage } from "../../src/rpc/raft-message.ts";
import { decodeFailure, decodeWire, encodeWire, TEXT_AND_BYTES } from "../../src/rpc/wire.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { GuestRig } from "../support/rpc/guest-rig.ts";
import { helloOf } from "../support/rpc/hello.ts";
import { frameOf, LinkRig } from "../support/rpc/link-rig.ts";
import { anyMessage } from "../support/rpc/messages.ts";
import { dice, runs, SEED } from "./harness/target.ts";

const MIB = 1024 * 1024;
const KIND_NAMES = Object.keys(KINDS) as FrameKind[];
const MESSAGE_KINDS = KIND_NAMES.filter((kind) => KINDS[kind].code >= KINDS.preVoteRequest.code) as Message["type"][];
const introduction = { instance: "i-b", hello: helloOf("b", { known: [{ nodeId: "c", address: "c:1" }] }) };

const messages = fc.sample(anyMessage("b", "a"), { numRuns: 300, seed: SEED });
const values = fc.sample(fc.object({ withBigInt: true, withTypedArray: false }), { numRuns: 100, seed: SEED });

/** What a peer may say in order: handshake, and then frames of all kinds. */
function stream(random: ReturnType<typeof dice>, side: Side): Buffer[] {
  const frames = [frameOf("hello", encodeIntroduction(introduction))];
  if (side === "acceptor") frames.push(frameOf("ready", Buffer.alloc(0)));
  for (let left = random.below(12); left > 0; left--) {
    const message = random.of(messages);
    frames.push(random.chance(0.6) ? frameOf(message.type, encodeMessage(message)) : other(random));
  }
  return frames;
}

function other(random: ReturnType<typeof dice>): Buffer {
  const id = random.below(200);
  const value = random.chance(0.5) ? encodeWire(random.of(values)) : random.json();
  const call = Buffer.concat([Buffer.of(id & 127, 100, 4), Buffer.from("echo"), Buffer.from(value)]);
  const kind = random.of(["call", "answer", "failure", "cancel", "ping", "pong", "hello", "refuse", "ready"] as const);
  const payloads: Record<string, Buffer> = {
    call,
    answer: Buffer.concat([Buffer.of(id & 127), Buffer.from(value)]),
    failure: Buffer.concat([Buffer.of(id & 127), Buffer.from('{"kind":"error","text":"x"}')]),
    hello: encodeIntroduction(introduction),
    refuse: Buffer.from('{"code":"foreign","text":"x","nodeId":"b"}'),
    ready: Buffer.alloc(0),
  };
  return frameOf(kind, payloads[kind] ?? Buffer.of(id & 127));
}

async function feed(
  random: ReturnType<typeof dice>,
  rig: { link: { onData(bytes: Buffer): void } },
  bytes: Buffer,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const end = random.chance(0.2) ? bytes.length : at + 1 + random.below(200);
    rig.link.onData(Buffer.from(bytes.subarray(at, end)));
    at = end;
    if (random.chance(0.1)) await settle(2);
  }
  await settle();
}

test(`links: streams in any order, changed, cut or any bytes end in at most one end and never in an exception (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(50);
  const ends = { faults: 0, refused: 0, none: 0 };
  for (let round = runs(4000); round > 0; round--) {
    const side: Side = random.chance(0.5) ? "acceptor" : "dialler";
    const rig = new LinkRig(side);
    let frames = stream(random, side);
    if (random.chance(0.2)) frames = frames.toSorted(() => random.below(3) - 1);
    let bytes: Buffer = Buffer.concat(frames);
    if (random.chance(0.5)) bytes = random.mutate(bytes);
    if (random.chance(0.05)) bytes = random.bytes(2000);
    await feed(random, rig, bytes);
    expect(rig.events.filter((event) => event === "ended").length).toBe(rig.ending === undefined ? 0 : 1);
    if (rig.ending === undefined) ends.none++;
    else if (rig.ending.kind === "refused") ends.refused++;
    else {
      expect(rig.ending.isFault).toBe(true);
      ends.faults++;
    }
    rig.link.onClose();
    expect(rig.clock.pendingMs.filter((ms) => ms <= 1000)).toEqual([]);
  }
  // The dice reach all of it.
  for (const count of Object.values(ends)) expect(count).toBeGreaterThan(100 * Number(process.env.FUZZ_RUNS ?? 1));
});

/** What a guest may say: a hello, and then calls, and what no guest says. */
function guestStream(random: ReturnType<typeof dice>): Buffer[] {
  const frames = [frameOf("hello", encodeGuestHello(GuestRig.hello))];
  for (let left = random.below(12); left > 0; left--) {
    if (random.chance(0.05)) frames.push(other(random));
    else frames.push(random.chance(0.7) ? guestCall(random) : frameOf("cancel", Buffer.of(random.below(128))));
  }
  return frames;
}

function guestCall(random: ReturnType<typeof dice>): Buffer {
  const out = new ByteWriter();
  out.varint(random.below(200));
  out.varint(random.below(100_000));
  out.text(random.of(["echo", "never", "refuse", "big", "unknown", "__proto__"]));
  TEXT_AND_BYTES.write(out, random.of([{ a: new Uint8Array(random.below(300)), $b: [new Uint8Array(3)] }, ...values]));
  return frameOf("call", out.take());
}

test(`guests: streams in any order, changed, cut or any bytes end in at most one end and never in an exception (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(55);
  const ends = { faults: 0, others: 0, none: 0 };
  let answers = 0;
  for (let round = runs(4000); round > 0; round--) {
    const rig = new GuestRig();
    let frames = guestStream(random);
    if (random.chance(0.2)) frames = frames.toSorted(() => random.below(3) - 1);
    let bytes: Buffer = Buffer.concat(frames);
    if (random.chance(0.4)) bytes = random.mutate(bytes);
    if (random.chance(0.05)) bytes = random.bytes(2000);
    await feed(random, rig, bytes);
    answers += rig.sent.filter((kind) => kind === "answer").length;
    expect(rig.endings.length).toBeLessThanOrEqual(1);
    const [ending] = rig.endings;
    if (ending === undefined) ends.none++;
    else if (ending.isFault) ends.faults++;
    else ends.others++;
    rig.link.onClose();
    await settle();
    rig.clock.advance(200_000);
    await settle();
    expect([rig.endings.length, rig.load.served, rig.clock.pendingMs]).toEqual([1, 0, []]);
  }
  expect(answers).toBeGreaterThan(400 * Number(process.env.FUZZ_RUNS ?? 1));
  for (const count of [ends.none, ends.faults]) expect(count).toBeGreaterThan(100 * Number(process.env.FUZZ_RUNS ?? 1));
});

test(`values with bytes beside them: any bytes are none, or come back as they are (FUZZ_SEED=${SEED})`, () => {
  const random = dice(56);
  const written = (value: unknown) => {
    const out = new ByteWriter();
    TEXT_AND_BYTES.write(out, value);
    return Buffer.from(out.take());
  };
  let decoded = 0;
  for (let round = runs(20_000); round > 0; round--) {
    const value = random.of([{ a: new Uint8Array(9), b: [new Uint8Array(2), 1n] }, [1n], ...values]);
    const bytes = random.chance(0.2) ? random.bytes(60) : random.mutate(written(value));
    const input = new ByteReader(bytes);
    const found = TEXT_AND_BYTES.read(input);
    if (found === undefined || !input.isDone) continue;
    decoded++;
    expect(written(found.value).length).toBeLessThanOrEqual(2 * bytes.length + 10);
  }
  expect(decoded).toBeGreaterThan(0);
});

test(`requests that are passed on: any arguments are refused or answered, and nothing of them is left (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(57);
  const clock = new ManualClock();
  const body = () => toResponse({ status: 200, headers: {}, body: new ReadableStream() });
  const answers = [() => new Response("hi"), () => new Response(new Uint8Array(600_000)), body];
  const app = {
    async fetch(raw: Request) {
      if (random.chance(0.5)) await raw.arrayBuffer().catch(() => undefined);
      return random.of(answers)();
    },
  };
  const { methods, continuing } = forwardedMethods(app, clock);
  const table = Object.entries({ ...methods, ...continuing });
  const open = {
    ...{ id: 1, more: false, method: "GET", target: "/v1/kv/a", headers: { a: "b" }, address: "10.0.0.1", hops: 1 },
    ...{ node: "n", pretty: false, discoveryMaxStaleMs: 0, ignoresCached: false },
    ...{ farFrom: "dc9", bodyLimits: { kvValueBytesMax: 1, txnBytesMax: 1 } },
  };
  const part = new Uint8Array(9);
  const valid: Record<string, unknown>[] = [open, { ...open, more: true, method: "PUT", body: part }, { id: 1 }];
  valid.push({ id: 1, body: part, isLast: true }, { id: 1, body: part, isLast: false });
  const odd = [null, -1, 1.5, "", "\n", "/", {}, [], part, { a: 1 }, { "a b": "c" }, Number.NaN, true];
  const outcomes = { refused: 0, answered: 0, failed: 0 };
  for (let round = runs(3000); round > 0; round--) {
    const gone = new AbortController();
    const hello = { role: random.of(["client", "server"] as const), nodeName: "g" };
    const from = { hello, gone: gone.signal, room: () => undefined };
    const calls: Promise<unknown>[] = [];
    for (let left = 1 + random.below(8); left > 0; left--) {
      const [, method] = random.of(table);
      const base = random.of(valid);
      const changed = random.chance(0.3) ? { ...base, [random.of(Object.keys(base))]: random.of(odd) } : { ...base };
      const argument = random.chance(0.1) ? random.of(odd) : changed;
      const call = (async () => await method(argument, from, gone.signal))();
      calls.push(
        call.then(
          () => outcomes.answered++,
          (error: unknown) => (error instanceof Refusal ? outcomes.refused++ : outcomes.failed++),
        ),
      );
      if (random.chance(0.3)) await settle(3);
    }
    gone.abort();
    await settle();
    clock.advance(400_000);
    await Promise.all(calls);
    expect(clock.pendingMs).toEqual([]);
  }
  for (const count of [outcomes.refused, outcomes.answered]) expect(count).toBeGreaterThan(500);
});

test(`links: a changed bit never becomes a message (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(51);
  for (let round = runs(1500); round > 0; round--) {
    const rig = new LinkRig("acceptor");
    const sent = Array.from({ length: 1 + random.below(6) }, () => random.of(messages));
    rig.link.onData(Buffer.concat(stream(random, "acceptor").slice(0, 2)));
    const bytes = Buffer.concat(sent.map((message) => frameOf(message.type, encodeMessage(message))));
    for (let left = 1 + random.below(3); left > 0; left--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    await feed(random, rig, bytes);
    expect(rig.messages).toEqual(sent.slice(0, rig.messages.length));
  }
});

test(`messages: any bytes are none, or one that comes back as it is (FUZZ_SEED=${SEED})`, () => {
  const random = dice(52);
  let decoded = 0;
  for (let round = runs(60_000); round > 0; round--) {
    const kind = random.of(MESSAGE_KINDS);
    const valid = random.of(messages);
    const bytes = random.chance(0.3) ? random.bytes(80) : random.mutate(encodeMessage(valid));
    const message = decodeMessage(random.chance(0.5) ? kind : valid.type, bytes, "b", "a");
    if (message === undefined) continue;
    decoded++;
    expect(decodeMessage(message.type, encodeMessage(message), "b", "a")).toEqual(message);
  }
  expect(decoded).toBeGreaterThan(0);
});

test(`introductions, refusals, values and failures: any bytes are none, or of use (FUZZ_SEED=${SEED})`, () => {
  const random = dice(53);
  const own = { instance: "i-a", hello: helloOf("a") };
  const hello = encodeIntroduction(introduction);
  const refused = Buffer.from('{"code":"foreign","text":"x","nodeId":"b"}');
  for (let round = runs(20_000); round > 0; round--) {
    const found = decodeIntroduction(random.chance(0.2) ? Buffer.from(random.json()) : random.mutate(hello));
    if (found !== undefined && "hello" in found) conflictOf(own, found);
    decodeRefused(random.mutate(refused));
    const text = random.chance(0.5)
      ? random.json()
      : random.mutate(Buffer.from(encodeWire(random.of([{ a: new Uint8Array(9) }, [1n], ...values])))).toString();
    const value = decodeWire(text);
    if (value !== undefined) expect(decodeWire(encodeWire(value.value))).toBeDefined();
    decodeFailure(text);
  }
});

test("frames that are never finished take no more memory than their limits, and none when the connection is gone", () => {
  const part = Buffer.alloc(PIECE_BYTES_MAX, 1);
  const unfinished = frameOf("append", part);
  // The same piece with the bit that says that more follows, and its checksum.
  unfinished[0] = KINDS.append.code | 0x80;
  unfinished.writeUInt32BE(Bun.hash.crc32(unfinished.subarray(0, unfinished.length - 4)), unfinished.length - 4);
  const fill = (bytes: number) => {
    const decoder = new FrameDecoder(() => true);
    let fault: string | undefined;
    for (let sent = 0; sent < bytes; sent += part.length) fault = decoder.push(unfinished);
    return fault;
  };
  fill(32 * MIB);
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 12; round++) {
    expect(fill(32 * MIB)).toBeUndefined();
    Bun.gc(true);
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * MIB);
  expect(fill(65 * MIB)).toContain("bytes of append");
});

test(`frames: lengths that lie are refused at the head of the piece (FUZZ_SEED=${SEED})`, () => {
  const random = dice(54);
  for (let round = runs(20_000); round > 0; round--) {
    const head = random.bytes(3);
    const decoder = new FrameDecoder(() => true);
    const fault = decoder.push(Buffer.concat([Buffer.of(random.below(256)), Buffer.alloc(3 - head.length), head]));
    if (fault === undefined)
      expect(Buffer.concat([Buffer.alloc(3 - head.length), head]).readUIntBE(0, 3)).toBeLessThanOrEqual(
        PIECE_BYTES_MAX,
      );
  }
});
