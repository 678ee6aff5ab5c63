import { packLzw } from "../../src/codec/lzw.ts";
import { MsgpackWriter } from "../../src/codec/msgpack/writer.ts";
import { OWN_VERSIONS, type PacketMessage, type PushPull } from "../../src/gossip/messages.ts";
import { decodeMessage } from "../../src/gossip/wire/decode.ts";
import { encodeMessage } from "../../src/gossip/wire/encode.ts";
import { Keyring } from "../../src/gossip/wire/keyring.ts";
import { PacketCodec } from "../../src/gossip/wire/packet.ts";
import { Seal } from "../../src/gossip/wire/seal.ts";
import { decodeSerf, encodeSerf } from "../../src/gossip/wire/serf.ts";
import { StreamCodec } from "../../src/gossip/wire/stream.ts";
import { decodeTags, encodeTags } from "../../src/gossip/wire/tags.ts";
import { aesGcm } from "../../src/platform/cipher.ts";

// `bun test/bench/gossip-wire.ts`: what gossip's packets and exchanges cost, on this machine. Prints, and asserts nothing.

const ROUNDS = 20;
const ROUND_MS = 10;
const NODES = 10_000;
const CHUNK_BYTES = 64 * 1024;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Nanoseconds of one call in the best of some rounds, so that what else runs here counts little. */
function cost(fn: () => unknown): number {
  for (let left = 2000; left > 0; left--) fn();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    let calls = 0;
    for (; performance.now() - startMs < ROUND_MS; calls += 10) for (let at = 0; at < 10; at++) fn();
    best = Math.min(best, ((performance.now() - startMs) * 1e6) / calls);
  }
  return best;
}

const ns = (value: number) => `${Math.round(value).toString().padStart(9)} ns`;
const ms = (value: number) => `${value.toFixed(2).padStart(8)} ms`;

const tags = {
  ...{ acls: "0", build: "1.8.7:", dc: "dc1", id: "adf4238a-882b-9ddc-4a9d-5b6758e4159e", role: "node", segment: "" },
  ...{ vsn: "2", vsn_max: "3", vsn_min: "2" },
};
const meta = encodeTags(tags);
const at = { address: "10.20.30.40", port: 8301 };

const MESSAGES: Record<string, PacketMessage> = {
  ping: { type: "ping", seqNo: 4711, node: "edge-0815", source: at, sourceNode: "edge-0001" },
  ack: { type: "ack", seqNo: 4711, payload: new Uint8Array(130) },
  nack: { type: "nack", seqNo: 4711 },
  suspect: { type: "suspect", incarnation: 3, node: "edge-0815", from: "edge-0001" },
  alive: { type: "alive", incarnation: 3, node: "edge-0815", at, meta, versions: OWN_VERSIONS },
  user: { type: "user", payload: encodeSerf({ type: "join", ltime: 99, node: "edge-0815" }) },
};

function messages(): void {
  say("message                     bytes       encode       decode");
  for (const [name, message] of Object.entries(MESSAGES)) {
    const bytes = encodeMessage(message);
    const encode = cost(() => encodeMessage(message));
    const decode = cost(() => decodeMessage(bytes));
    say(`${name.padEnd(24)} ${String(bytes.length).padStart(8)} ${ns(encode)} ${ns(decode)}`);
  }
  const serf = encodeSerf({ type: "join", ltime: 99, node: "edge-0815" });
  say(`${"Serf's join".padEnd(24)} ${String(serf.length).padStart(8)} ${ns(cost(() => encodeSerf(decodeSerf(serf))))}`);
  say(
    `${"tags".padEnd(24)} ${String(meta.length).padStart(8)} ${ns(cost(() => encodeTags(tags)))} ${ns(cost(() => decodeTags(meta.slice())))}`,
  );
}

const sealOf = (keys: number) =>
  new Seal({
    cipher: aesGcm,
    keyring: new Keyring(Array.from({ length: keys }, () => aesGcm.randomBytes(16))),
    verifyIncoming: true,
    verifyOutgoing: true,
  });

function packets(): void {
  say("\npacket                      bytes         seal         open");
  const one = [encodeMessage(MESSAGES.ping as PacketMessage)];
  const eight = Array.from({ length: 7 }, () => encodeMessage(MESSAGES.alive as PacketMessage)).concat(one);
  for (const [name, parts] of Object.entries({ ping: one, "ping and 7 alive": eight })) {
    for (const [how, keys] of Object.entries({ plain: 0, AES: 1 })) {
      const codec = new PacketCodec(sealOf(keys));
      const packet = codec.seal(parts, true);
      const [seal, open] = [cost(() => codec.seal(parts, true)), cost(() => codec.open(packet))];
      say(`${`${name}, ${how}`.padEnd(24)} ${String(packet.length).padStart(8)} ${ns(seal)} ${ns(open)}`);
    }
  }
  const plain = new PacketCodec(sealOf(0));
  const packed = compressed(plain.seal(eight, false));
  say(
    `${"the same, compressed".padEnd(24)} ${String(packed.length).padStart(8)} ${"".padStart(12)} ${ns(cost(() => plain.open(packed)))}`,
  );
}

function compressed(bytes: Uint8Array): Uint8Array {
  const writer = new MsgpackWriter();
  writer.byte(9);
  writer.map(2);
  writer.text("Algo");
  writer.uint(0);
  writer.text("Buf");
  writer.raw(packLzw(bytes));
  return writer.take();
}

function exchange(): PushPull & { type: "pushPull" } {
  const nodes = Array.from({ length: NODES }, (_, i) => ({
    name: `edge-${String(i).padStart(5, "0")}`,
    at: { address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 8301 },
    ...{ meta, incarnation: 1 + (i % 7), state: "alive" as const, versions: OWN_VERSIONS },
  }));
  const userState = encodeSerf({
    type: "pushPull",
    ltime: 5,
    statusLTimes: new Map(nodes.map(({ name }, i) => [name, i])),
    ...{ leftMembers: [], eventLTime: 1, events: [], queryLTime: 1 },
  });
  return { type: "pushPull", isJoin: false, nodes, userState };
}

/** Milliseconds of the best of some calls. */
function fastest(fn: () => void): number {
  return Math.min(
    ...Array.from({ length: 25 }, () => {
      const startMs = performance.now();
      fn();
      return performance.now() - startMs;
    }),
  );
}

/** Reads with a look at the clock after each slice; gives the longest of them. */
function longestSlice(codec: StreamCodec, bytes: Uint8Array): number {
  const reader = codec.reader();
  let longest = 0;
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    reader.take(bytes.subarray(from, from + CHUNK_BYTES));
    for (let progress: ReturnType<typeof reader.step> = "again"; progress === "again"; ) {
      const startMs = performance.now();
      progress = reader.step();
      longest = Math.max(longest, performance.now() - startMs);
    }
  }
  return longest;
}

function exchanges(): void {
  say(`\nexchange of ${NODES} nodes      bytes       encode       decode    longest slice`);
  const message = exchange();
  const line = (name: string, codec: StreamCodec, bytes: Uint8Array, encode: string) => {
    const decode = fastest(() => void codec.reader().push(bytes));
    const slice = Math.min(...Array.from({ length: 25 }, () => longestSlice(codec, bytes)));
    say(`${name.padEnd(24)} ${String(bytes.length).padStart(10)} ${encode.padStart(12)} ${ms(decode)} ${ms(slice)}`);
  };
  for (const [name, keys] of Object.entries({ plain: 0, AES: 1 })) {
    const codec = new StreamCodec(sealOf(keys));
    line(name, codec, codec.encode(message), ms(fastest(() => void codec.encode(message))));
  }
  const plain = new StreamCodec(sealOf(0));
  line("compressed", plain, compressed(plain.encode(message)), "");
  const { userState } = message;
  say(`Serf's part of it, ${userState.length} bytes, decode ${ms(fastest(() => void decodeSerf(userState)))}`);
}

messages();
packets();
exchanges();
