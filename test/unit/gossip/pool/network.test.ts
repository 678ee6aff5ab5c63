import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { type Endpoint, OWN_VERSIONS, type PacketMessage, type PushPull } from "../../../../src/gossip/messages.ts";
import { Complaints } from "../../../../src/gossip/pool/complaints.ts";
import { Network } from "../../../../src/gossip/pool/network.ts";
import { openSockets } from "../../../../src/gossip/pool/sockets.ts";
import { encodeMessage } from "../../../../src/gossip/wire/encode.ts";
import { Keyring } from "../../../../src/gossip/wire/keyring.ts";
import { PacketCodec } from "../../../../src/gossip/wire/packet.ts";
import { Seal } from "../../../../src/gossip/wire/seal.ts";
import { StreamCodec } from "../../../../src/gossip/wire/stream.ts";
import { aesGcm } from "../../../../src/platform/cipher.ts";
import { systemClock as clock } from "../../../../src/platform/clock.ts";
import { tcp } from "../../../../src/platform/tcp-server.ts";
import { udp } from "../../../../src/platform/udp.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

const open: Network[] = [];
afterEach(() => {
  for (const network of open.splice(0)) network.close();
});

const NOTHING = new Uint8Array();
const KEY = new Uint8Array(16).fill(7);

function node(name: string, address = "10.0.0.1") {
  return {
    name,
    at: { address, port: 7946 },
    meta: NOTHING,
    incarnation: 1,
    state: "alive",
    versions: OWN_VERSIONS,
  } as const;
}
const states = (...names: string[]): PushPull => ({
  isJoin: false,
  nodes: names.map((name) => node(name)),
  userState: NOTHING,
});

/** The network of a member, and what it told. */
async function start(
  name: string,
  { key, allowed = () => true }: { key?: Uint8Array; allowed?: (address: string) => boolean } = {},
) {
  const log = new RecordingLogger();
  const counted = new Map<string, number>();
  const meter = {
    count: (metric: string, n = 1) => void counted.set(metric, (counted.get(metric) ?? 0) + n),
    gauge: () => undefined,
    sample: () => undefined,
  };
  const keyring = new Keyring(key === undefined ? [] : [key]);
  const seal = new Seal({ cipher: aesGcm, keyring, verifyIncoming: true, verifyOutgoing: true });
  const network = new Network({
    ...{ name, isAllowed: allowed, clock, meter, streams: tcp, streamTimeoutMs: 2000 },
    packets: new PacketCodec(seal),
    frames: new StreamCodec(seal),
    complaints: new Complaints({ clock, log, meter }),
  });
  const sockets = await openSockets(
    { address: "127.88.4.210", port: 0 },
    { datagrams: udp, streams: tcp },
    {
      datagram: {
        onMessage: (bytes, port, address) => network.onPacket(bytes, port, address),
        onError: (error) => network.onSocketError(error),
      },
      onConnection: (connection) => network.onConnection(connection),
      onListenError: () => undefined,
    },
  );
  open.push(network);
  const messages: PacketMessage[] = [];
  const pushed: PushPull[] = [];
  const reliable: Uint8Array[] = [];
  network.start(sockets, {
    onMessage: (_from, message) => messages.push(message),
    refuseJoin: (nodes) => {
      const isWrong = nodes.some(({ name: joining }) => joining === "wrong");
      return Promise.resolve(isWrong ? "part of another datacenter" : undefined);
    },
    onPushPull: (_from, remote) => {
      pushed.push(remote);
      return states(name);
    },
    onReliable: (_from, payload) => reliable.push(payload),
  });
  return { network, log, counted, messages, pushed, reliable, at: sockets.at, send: sendTo(network) };
}

const sendTo = (network: Network) => (to: Endpoint, message: PacketMessage) =>
  network.send(to, [encodeMessage(message)], false);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(2);
}

describe("the network of a pool", () => {
  test("packets bring their messages, sealed or not, and are counted with their bytes", async () => {
    for (const key of [undefined, KEY]) {
      const options = key === undefined ? {} : { key };
      const [a, b] = [await start("a", options), await start("b", options)];
      a.send(b.at, { type: "nack", seqNo: 7 });
      await until(() => b.messages.length > 0);
      expect(b.messages).toEqual([{ type: "nack", seqNo: 7 }]);
      expect(a.counted.get("memberlist.udp.sent")).toBe(b.counted.get("memberlist.udp.received") as number);
      expect(b.counted.get("gossip.packets.received")).toBe(1);
    }
  });

  test("a packet that can't be read, or is not sealed where it should be, is counted, named, and dropped", async () => {
    const [open_, sealed] = [await start("a"), await start("b", { key: KEY })];
    open_.send(sealed.at, { type: "nack", seqNo: 7 });
    sealed.send(open_.at, { type: "nack", seqNo: 7 });
    await until(() => [open_, sealed].every(({ counted }) => counted.get("gossip.packets.malformed") === 1));
    expect([open_.messages, sealed.messages]).toEqual([[], []]);
    expect(sealed.log.messages("warn")).toEqual(["a packet can't be read and is dropped"]);
  });

  test("states go both ways over a stream", async () => {
    const [a, b] = [await start("a", { key: KEY }), await start("b", { key: KEY })];
    expect((await a.network.pushPull(b.at, states("a", "x"))).nodes.map(({ name }) => name)).toEqual(["b"]);
    expect(b.pushed.map(({ nodes }) => nodes.map(({ name }) => name))).toEqual([["a", "x"]]);
  });

  test("a message of the layer above goes over a stream; it is said when the peer has taken it", async () => {
    const [a, b] = [await start("a"), await start("b")];
    await a.network.sendReliably(b.at, Uint8Array.of(1, 2, 3));
    expect(b.reliable).toEqual([Uint8Array.of(1, 2, 3)]);
    b.network.close();
    expect((await failureOf(a.network.sendReliably(b.at, NOTHING))).message).toMatch(/connection refused$/);
  });

  test("a ping over a stream is answered by whom it names, and by nobody else", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const ping = (named: string) => a.network.pingReliably(b.at, { type: "ping", seqNo: 9, node: named }, 500);
    expect([await ping("b"), await ping(""), await ping("c")]).toEqual([true, true, false]);
    expect(await a.network.pingReliably({ ...b.at, port: 1 }, { type: "ping", seqNo: 9, node: "b" }, 500)).toBe(false);
  });

  test("whose stream is not sealed where it should be is told so, in memberlist's words; nothing is merged", async () => {
    const [open_, sealed, other] = [
      await start("a"),
      await start("b", { key: KEY }),
      await start("c", { key: KEY.map((x) => x + 1) }),
    ];
    expect((await failureOf(open_.network.pushPull(sealed.at, states("a")))).message).toContain("encrypted");
    expect((await failureOf(sealed.network.pushPull(open_.at, states("b")))).message).toContain("encrypt");
    expect((await failureOf(other.network.pushPull(sealed.at, states("c")))).message).toContain("No installed keys");
    expect([open_.pushed, sealed.pushed]).toEqual([[], []]);
    const raw = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect({ host: sealed.at.address, port: sealed.at.port });
      socket.on("data", resolve).on("error", reject);
      socket.write(Buffer.of(6, 0x80));
    });
    expect(raw[0]).toBe(10);
  });

  test("who may not join is told why, and nothing else", async () => {
    const [a, b] = [await start("a", { key: KEY }), await start("b", { key: KEY })];
    const joining = { ...states("a", "wrong"), isJoin: true };
    expect((await failureOf(a.network.pushPull(b.at, joining))).message).toBe(
      "the peer refused: part of another datacenter",
    );
    expect(b.pushed).toEqual([]);
    expect(b.log.messages("warn")).toEqual(["a peer may not join"]);
    await a.network.pushPull(b.at, { ...joining, isJoin: false });
    expect(b.pushed).toHaveLength(1);
  });

  test("members at addresses that are not allowed are left out of what is heard, and so is who speaks from one", async () => {
    const [a, b] = [await start("a"), await start("b", { allowed: (address) => !address.startsWith("10.9.") })];
    for (const address of ["10.9.0.1", "10.0.0.2"]) {
      const { name, at, meta, incarnation, versions } = node("x", address);
      a.send(b.at, { type: "alive", node: name, at, meta, incarnation, versions });
    }
    await until(() => b.messages.length > 0);
    expect(b.messages).toMatchObject([{ at: { address: "10.0.0.2" } }]);
    await a.network.pushPull(b.at, { isJoin: true, nodes: [node("x", "10.9.0.1"), node("y")], userState: NOTHING });
    expect(b.pushed[0]?.nodes.map(({ name }) => name)).toEqual(["y"]);
    const deaf = await start("c", { allowed: () => false });
    a.send(deaf.at, { type: "nack", seqNo: 1 });
    await failureOf(a.network.pushPull(deaf.at, states("a")));
    await until(() => deaf.counted.get("gossip.packets.refused") === 1);
    expect([deaf.messages, deaf.pushed]).toEqual([[], []]);
  });

  test("after close nothing goes out or is heard", async () => {
    const [a, b] = [await start("a"), await start("b")];
    a.network.close();
    a.send(b.at, { type: "nack", seqNo: 1 });
    expect((await failureOf(a.network.pushPull(b.at, states("a")))).message).toMatch(/no longer in the pool/);
    expect((await failureOf(b.network.pushPull(a.at, states("b")))).message).toMatch(/connection refused$/);
    expect(b.messages).toEqual([]);
  });
});
