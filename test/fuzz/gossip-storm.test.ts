import { afterAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { type Endpoint, OWN_VERSIONS, type PacketMessage } from "../../src/gossip/messages.ts";
import { encodeMessage } from "../../src/gossip/wire/encode.ts";
import { Keyring } from "../../src/gossip/wire/keyring.ts";
import { PacketCodec } from "../../src/gossip/wire/packet.ts";
import { Seal } from "../../src/gossip/wire/seal.ts";
import { encodeSerf } from "../../src/gossip/wire/serf.ts";
import { StreamCodec } from "../../src/gossip/wire/stream.ts";
import { aesGcm } from "../../src/platform/cipher.ts";
import { udp } from "../../src/platform/udp.ts";
import { type Member, startMember } from "../support/gossip/member.ts";
import { silentMeter } from "../support/silent.ts";
import { dice, runs, SEED } from "./harness/target.ts";

const MIB = 1024 * 1024;
const DATAGRAMS = 100_000;
const STREAMS = 2000;
const STREAMS_AT_ONCE = 64;
/** What the system keeps for a socket whose program is busy. */
const BURST = 200;
const HEAP_GROWTH_MAX = 48 * MIB;
const LINES_A_MINUTE = 1100;
const KEY = new Uint8Array(32).fill(1);
const ADDRESS = "127.88.4.220";

const open: Member[] = [];
afterAll(async () => {
  await Promise.all(open.map(({ pool }) => pool.close()));
});

/** Packets by the name of who got them. */
const heard = new Map<string, number>();

async function start(name: string, encryptKey: string): Promise<Member> {
  const count = (metric: string) => {
    if (metric === "gossip.packets.received") heard.set(name, (heard.get(name) ?? 0) + 1);
  };
  const member = await startMember(name, ADDRESS, { encryptKey, meter: { ...silentMeter, count } });
  open.push(member);
  return member;
}

function codecs(key: Uint8Array | undefined) {
  const keyring = new Keyring(key === undefined ? [] : [key]);
  const seal = new Seal({ cipher: aesGcm, keyring, verifyIncoming: true, verifyOutgoing: true });
  return { packets: new PacketCodec(seal), frames: new StreamCodec(seal) };
}

/** What somebody who knows the protocol and has no key says, about real members and made-up ones. */
function forged(random: ReturnType<typeof dice>, victims: readonly string[]): PacketMessage {
  const node = random.chance(0.7) ? random.of(victims) : `ghost-${random.below(500)}`;
  const at = { address: `127.88.4.${random.below(256)}`, port: random.below(65_536) };
  const [incarnation, from] = [random.below(5), random.of([...victims, "nobody"])];
  const [seqNo, source] = [random.below(1000), at];
  const meta = random.bytes(600);
  return random.of<() => PacketMessage>([
    () => ({ type: "ping", seqNo, node, ...(random.chance(0.5) ? { source } : {}) }),
    () => ({ type: "indirectPing", seqNo, node, target: at, wantsNack: true }),
    () => ({ type: "ack", seqNo, payload: meta }),
    () => ({ type: "nack", seqNo }),
    () => ({ type: "suspect", node, incarnation, from }),
    () => ({ type: "dead", node, incarnation, from }),
    () => ({ type: "alive", node, incarnation, at, meta, versions: OWN_VERSIONS }),
    () => ({ type: "user", payload: meta }),
    () => ({ type: "user", payload: encodeSerf({ type: "leave", ltime: random.below(1e6), node, prune: true }) }),
    () => ({
      type: "user",
      payload: encodeSerf({ type: "userEvent", ltime: random.below(1000), name: node, payload: meta, coalesce: false }),
    }),
  ])();
}

async function throwDatagrams(to: Endpoint, packets: () => Uint8Array): Promise<void> {
  const socket = await udp.bind(
    { address: ADDRESS, port: 0 },
    { onMessage: () => undefined, onError: () => undefined },
  );
  for (let sent = 0; sent < runs(DATAGRAMS); sent++) {
    socket.send(packets(), to.port, to.address);
    if (sent % BURST === 0) await Bun.sleep(0);
  }
  socket.close();
}

async function throwStreams(to: Endpoint, streams: () => Uint8Array): Promise<void> {
  let left = runs(STREAMS);
  const worker = async () => {
    while (left-- > 0) {
      await new Promise<void>((done) => {
        const socket = connect({ host: to.address, port: to.port, allowHalfOpen: false });
        socket
          .on("error", () => undefined)
          .on("data", () => undefined)
          .on("close", () => done());
        socket.write(streams());
        // Some wait for an answer, which may never come; the others go at once.
        setTimeout(() => socket.destroy(), left % 3 === 0 ? 20 : 0);
      });
    }
  };
  await Promise.all(Array.from({ length: STREAMS_AT_ONCE }, worker));
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test.each([
  ["a sealed pool", KEY],
  ["an open pool", undefined],
])(
  `%s: ${DATAGRAMS} forged packets and ${STREAMS} streams cost bounded memory, and its members stay (FUZZ_SEED=${SEED})`,
  async (_title, key) => {
    const startMs = performance.now();
    const random = dice(key === undefined ? 91 : 90);
    const encryptKey = key?.toBase64() ?? "";
    const [a, b, c] = [await start("a", encryptKey), await start("b", encryptKey), await start("c", encryptKey)];
    await b.pool.join([a.pool.at]);
    await c.pool.join([a.pool.at]);
    const mine = codecs(undefined);
    const sealed = codecs(new Uint8Array(32).fill(2));
    const names = ["a", "b", "c"];
    const packet = () => {
      const kind = random.below(10);
      if (kind < 2) return random.bytes(1400);
      const message = encodeMessage(forged(random, names));
      const bytes = (kind < 4 ? sealed : mine).packets.seal([message], random.chance(0.3));
      return kind < 6 ? random.mutate(Buffer.from(bytes)) : bytes;
    };
    const stream = () => {
      const kind = random.below(10);
      if (kind < 3) return random.bytes(3000);
      if (kind === 3) return Buffer.of(10, 0xff, 0xff, 0xff, 0xff, ...random.bytes(50));
      const user = { type: "user", payload: new Uint8Array(random.below(100_000)) } as const;
      const bytes = (kind < 6 ? sealed : mine).frames.encode(user);
      return kind < 8 ? random.mutate(Buffer.from(bytes)) : bytes.subarray(0, random.below(bytes.length));
    };

    const before = heapBytes();
    const heardBefore = heard.get("a") ?? 0;
    await Promise.all([throwDatagrams(a.pool.at, packet), throwStreams(a.pool.at, stream)]);
    expect(heapBytes() - before).toBeLessThan(HEAP_GROWTH_MAX);
    // Few were lost on the way.
    expect((heard.get("a") ?? 0) - heardBefore).toBeGreaterThan(0.8 * runs(DATAGRAMS));
    const said = a.log.lines.filter(({ level }) => level !== "debug" && level !== "trace");
    expect(said.length).toBeLessThan(LINES_A_MINUTE * Math.ceil((performance.now() - startMs) / 60_000 + 1));

    // It still takes members in, and those that were accused have said that they live.
    const late = await start("late", encryptKey);
    expect(await late.pool.join([a.pool.at, b.pool.at])).toBeGreaterThan(0);
    // In an open pool anybody may say that a member has left, and some minutes pass until all agree again: only a key helps.
    const isAlive = (member: Member) => ["a", "b", "c", "late"].every((name) => member.statusOf(name) === "alive");
    const isThere = () => late.statusOf("a") !== undefined && a.statusOf("late") !== undefined;
    while (!(key === undefined ? isThere() : [a, b, c, late].every(isAlive))) await Bun.sleep(20);
    if (key !== undefined) expect(a.pool.members().map(({ name }) => name)).toEqual(["a", "b", "c", "late"]);
  },
);
