import { afterEach, describe, expect, test } from "bun:test";
import { DNS_CONFIG_DEFAULTS, type DnsConfig } from "../../../src/dns/config.ts";
import { FrameReader, framed } from "../../../src/dns/frames.ts";
import { type DnsServer, startDns } from "../../../src/dns/server.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { tcp } from "../../../src/platform/tcp-server.ts";
import { udp } from "../../../src/platform/udp.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { StreamConnection } from "../../../src/ports/stream.ts";
import { REGISTRATIONS } from "../../support/dns/catalog.ts";
import { FakeSource } from "../../support/dns/fake-source.ts";
import { observe, queryOf } from "../../support/dns/observe.ts";
import { ManualClock, SERVER, seededRandom, silentLog, silentMeter } from "../../support/dns/world.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

interface World {
  readonly server: DnsServer;
  readonly source: FakeSource;
  readonly at: { readonly address: string; readonly port: number };
}

async function start(
  config: Partial<DnsConfig> = {},
  clock: Clock = systemClock,
  address = "127.0.0.1",
): Promise<World> {
  const source = new FakeSource([SERVER, ...REGISTRATIONS]);
  const server = await startDns({
    listen: [{ address, port: 0 }],
    nodeName: "n1",
    source,
    config: { ...DNS_CONFIG_DEFAULTS, ...config },
    clock,
    random: seededRandom(1),
    log: silentLog,
    meter: silentMeter,
    udp,
    tcp,
  });
  open.push(server);
  return { server, source, at: server.addresses[0] as World["at"] };
}

/** A UDP client that gives its answers one by one. */
async function udpClient(at: World["at"]) {
  const answers: Buffer[] = [];
  const waiting: ((bytes: Buffer) => void)[] = [];
  const socket = await udp.connect(at, {
    onMessage: (bytes) => {
      const copy = Buffer.from(bytes);
      const waiter = waiting.shift();
      if (waiter === undefined) answers.push(copy);
      else waiter(copy);
    },
    onError: () => undefined,
  });
  open.push(socket);
  const next = () =>
    new Promise<Buffer>((resolve) => {
      const answer = answers.shift();
      if (answer === undefined) waiting.push(resolve);
      else resolve(answer);
    });
  return { send: (bytes: Uint8Array) => socket.send(bytes), next };
}

/** A TCP client that collects the messages it gets and tells when it is cut. */
async function tcpClient(at: World["at"]) {
  const reader = new FrameReader();
  const frames: Buffer[] = [];
  const closed = Promise.withResolvers<void>();
  let wake: () => void = () => undefined;
  const connection: StreamConnection = await tcp.connect(
    { ...at, timeoutMs: 5000 },
    {
      onData: (bytes) => {
        frames.push(...reader.push(bytes));
        wake();
      },
      onDrain: () => undefined,
      onClose: () => closed.resolve(),
    },
  );
  open.push({ close: () => connection.destroy() });
  const count = async (n: number) => {
    while (frames.length < n)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return frames;
  };
  return { connection, count, closed: closed.promise };
}

const SOLO = { name: "solo.service.consul", type: "A" };
const SOLO_ANSWER = ['solo.service.consul 0 A "10.0.0.2"'];

describe("dns: server", () => {
  test("the same port answers over UDP and TCP", async () => {
    const { at } = await start();
    const client = await udpClient(at);
    client.send(queryOf(SOLO));
    expect(observe(await client.next()).answers).toEqual(SOLO_ANSWER);
    const stream = await tcpClient(at);
    stream.connection.write(framed(queryOf(SOLO)));
    expect(observe((await stream.count(1))[0] as Buffer).answers).toEqual(SOLO_ANSWER);
  });

  test("IPv6 is served like IPv4", async () => {
    const { at } = await start({}, systemClock, "::1");
    const client = await udpClient(at);
    client.send(queryOf(SOLO));
    expect(observe(await client.next()).answers).toEqual(SOLO_ANSWER);
  });

  test("garbage is not answered and harms nothing", async () => {
    const { at } = await start();
    const client = await udpClient(at);
    for (const garbage of [Buffer.alloc(0), Buffer.from([1, 2, 3]), Buffer.alloc(400, 0xff)]) client.send(garbage);
    client.send(queryOf(SOLO));
    expect(observe(await client.next()).answers).toEqual(SOLO_ANSWER);
  });

  test("a client that is gone before its answer comes does not end the server", async () => {
    const { at } = await start();
    for (let i = 0; i < 20; i++) {
      const gone = await udp.connect(at, { onMessage: () => undefined, onError: () => undefined });
      gone.send(queryOf(SOLO));
      gone.close();
    }
    const client = await udpClient(at);
    client.send(queryOf(SOLO));
    expect(observe(await client.next()).answers).toEqual(SOLO_ANSWER);
  });

  test("a busy port is reported, and nothing stays open", async () => {
    const { at, server, source } = await start();
    const options = { nodeName: "n", source, config: DNS_CONFIG_DEFAULTS, clock: systemClock };
    const rest = { random: seededRandom(1), log: silentLog, meter: silentMeter, udp, tcp };
    const again = startDns({ listen: [{ address: "127.0.0.1", port: 0 }, at], ...options, ...rest });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
    server.close();
    const later = await startDns({ listen: [at], ...options, ...rest });
    open.push(later);
    expect(later.addresses).toEqual([at]);
  });
});

describe("dns: TCP clients", () => {
  test("pipelined queries are all answered, however they were cut (RFC 7766 6.2.1.1)", async () => {
    const { at } = await start();
    const { connection, count } = await tcpClient(at);
    const stream = Buffer.concat(Array.from({ length: 50 }, (_, i) => framed(queryOf(SOLO, i))));
    for (let offset = 0; offset < stream.length; offset += 17)
      connection.write(Buffer.from(stream.subarray(offset, offset + 17)));
    const ids = (await count(50)).map((frame) => frame.readUInt16BE(0));
    expect(ids).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("an answer that has to wait does not hold back the next one", async () => {
    const { at, source } = await start();
    const slow = Promise.withResolvers<undefined>();
    source.remote.executeQuery = () => slow.promise;
    const { connection, count } = await tcpClient(at);
    connection.write(framed(queryOf({ name: "slow.query.consul", type: "A" }, 1)));
    connection.write(framed(queryOf(SOLO, 2)));
    expect((await count(1))[0]?.readUInt16BE(0)).toBe(2);
    slow.resolve(undefined);
    expect((await count(2))[1]?.readUInt16BE(0)).toBe(1);
  });

  test("no more queries are read while too many of one client wait", async () => {
    const { at, source } = await start();
    const slow = Promise.withResolvers<undefined>();
    let running = 0;
    source.remote.executeQuery = () => {
      running++;
      return slow.promise;
    };
    const { connection, count } = await tcpClient(at);
    for (let i = 0; i < 64; i++) connection.write(framed(queryOf({ name: "slow.query.consul", type: "A" }, i)));
    const other = await tcpClient(at);
    while (running < 64) {
      other.connection.write(framed(queryOf(SOLO)));
      await other.count(1);
      await new Promise(setImmediate);
    }
    connection.write(framed(queryOf(SOLO, 999)));
    slow.resolve(undefined);
    const frames = await count(65);
    expect(frames[64]?.readUInt16BE(0)).toBe(999);
  });

  test("a silent client is cut after eight seconds, one that asks is not", async () => {
    const clock = new ManualClock();
    const { at } = await start({}, clock);
    const silent = await tcpClient(at);
    const busy = await tcpClient(at);
    busy.connection.write(framed(queryOf(SOLO)));
    await busy.count(1);
    clock.advance(7000);
    busy.connection.write(framed(queryOf(SOLO)));
    await busy.count(2);
    clock.advance(1000);
    await silent.closed;
    busy.connection.write(framed(queryOf(SOLO)));
    expect(await busy.count(3)).toHaveLength(3);
  });

  test("a closed server cuts its clients", async () => {
    const { at, server } = await start();
    const client = await tcpClient(at);
    client.connection.write(framed(queryOf(SOLO)));
    await client.count(1);
    server.close();
    await client.closed;
    await expect(
      tcp.connect(
        { ...at, timeoutMs: 5000 },
        { onData: () => undefined, onDrain: () => undefined, onClose: () => undefined },
      ),
    ).rejects.toThrow();
  });
});
