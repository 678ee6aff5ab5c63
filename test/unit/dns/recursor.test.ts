import { afterEach, describe, expect, test } from "bun:test";
import { type Answer, decode, encode } from "dns-packet";
import { DNS_CONFIG_DEFAULTS, type DnsConfig } from "../../../src/dns/config.ts";
import { framed } from "../../../src/dns/frames.ts";
import { parsePeer, Recursors } from "../../../src/dns/recursor.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { tcp } from "../../../src/platform/tcp-server.ts";
import { udp } from "../../../src/platform/udp.ts";
import { observe, queryOf } from "../../support/dns/observe.ts";
import { ManualClock, responderWorld, seededRandom } from "../../support/dns/world.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

type Reply = (query: Buffer) => Uint8Array | Uint8Array[] | undefined;

/** A name server on 127.0.0.1 over UDP and TCP. */
async function upstream(reply: Reply): Promise<{ at: string; asked: Buffer[] }> {
  const asked: Buffer[] = [];
  const answer = (query: Buffer) => {
    asked.push(Buffer.from(query));
    return [reply(Buffer.from(query)) ?? []].flat();
  };
  // TCP first: its ports are the scarcer ones, since closed connections hold them for a while.
  const listener = await tcp.listen(
    { address: "127.0.0.1", port: 0, connectionsMax: 10 },
    (connection) => ({
      onData: (bytes) => {
        for (const one of answer(bytes.subarray(2))) connection.write(framed(one));
      },
      onDrain: () => undefined,
      onClose: () => undefined,
    }),
    () => undefined,
  );
  const socket = await udp.bind(
    { address: "127.0.0.1", port: listener.port },
    {
      onMessage: (bytes, port, address) => {
        for (const one of answer(bytes)) socket.send(one, port, address);
      },
      onError: () => undefined,
    },
  );
  open.push(socket, listener);
  return { at: `127.0.0.1:${socket.port}`, asked };
}

function reply(query: Buffer, rcode = 0, answers: Answer[] = []): Buffer {
  const { id = 0, questions = [] } = decode(query);
  return encode({ type: "response", id, flags: 0x8180 | rcode, questions, answers });
}

const WWW: Answer = { type: "A", name: "www.example.com", ttl: 60, data: "192.0.2.1" };
const QUERY = queryOf({ name: "www.example.com", type: "A" });

function forward(config: Partial<DnsConfig>, transport: "udp" | "tcp" = "udp") {
  const recursors = new Recursors({ udp, tcp, clock: systemClock }, seededRandom(5));
  return recursors.forward(QUERY, transport, { ...DNS_CONFIG_DEFAULTS, recursorTimeoutMs: 5000, ...config });
}

describe("dns: recursors", () => {
  test("an answer is relayed byte for byte but for the id, over the client's own protocol", async () => {
    for (const transport of ["udp", "tcp"] as const) {
      const { at, asked } = await upstream((query) => reply(query, 0, [WWW]));
      const answer = (await forward({ recursors: [at] }, transport)) as Uint8Array;
      expect(Buffer.from(answer).toHex()).toBe(reply(QUERY, 0, [WWW]).toHex());
      expect(asked[0]?.subarray(2)).toEqual(QUERY.subarray(2));
      expect(asked[0]?.subarray(0, 2)).not.toEqual(QUERY.subarray(0, 2));
    }
  });

  test("REFUSED and SERVFAIL lead to the next server, NXDOMAIN is an answer", async () => {
    const refusing = await upstream((query) => reply(query, 5));
    const failing = await upstream((query) => reply(query, 2));
    const knowing = await upstream((query) => reply(query, 3));
    const last = await upstream((query) => reply(query, 0, [WWW]));
    const answer = await forward({ recursors: [refusing.at, failing.at, knowing.at, last.at] });
    expect((answer as Uint8Array)[3]).toBe(0x83);
    expect(last.asked).toHaveLength(0);
    expect(await forward({ recursors: [refusing.at, failing.at] })).toBeUndefined();
  });

  test("a dead server costs no timeout, because ICMP tells of it; a silent one costs its timeout", async () => {
    const gone = await upstream(() => undefined);
    for (const one of open.splice(0)) one.close();
    const { at } = await upstream((query) => reply(query, 0, [WWW]));
    expect(await forward({ recursors: [gone.at, at], recursorTimeoutMs: 60_000 })).toBeDefined();
    expect(await forward({ recursors: [gone.at, at], recursorTimeoutMs: 60_000 }, "tcp")).toBeDefined();
    const silent = await upstream(() => undefined);
    expect(await forward({ recursors: [silent.at, at], recursorTimeoutMs: 20 })).toBeDefined();
    expect(silent.asked).toHaveLength(1);
  });

  test("a wrong id, another question or a query in place of an answer is ignored (RFC 5452)", async () => {
    const forged = (query: Buffer) => {
      const wrongId = reply(query, 0, [{ ...WWW, data: "6.6.6.6" }]);
      wrongId[0] = (wrongId[0] ?? 0) ^ 1;
      const wrongName = reply(queryOf({ name: "www.example.org", type: "A" }, query.readUInt16BE(0)));
      const wrongType = reply(queryOf({ name: "www.example.com", type: "AAAA" }, query.readUInt16BE(0)));
      return [wrongId, wrongName, wrongType, query, Buffer.alloc(5), reply(query, 0, [WWW])];
    };
    const { at } = await upstream(forged);
    const answer = await forward({ recursors: [at] });
    expect(decode(Buffer.from(answer as Uint8Array)).answers?.[0]).toMatchObject({ data: "192.0.2.1" });
  });

  test("ids are not predictable from one query to the next", async () => {
    const { at, asked } = await upstream((query) => reply(query));
    const recursors = new Recursors({ udp, tcp, clock: systemClock }, seededRandom(5));
    const config = { ...DNS_CONFIG_DEFAULTS, recursors: [at] };
    for (let i = 0; i < 20; i++) await recursors.forward(QUERY, "udp", config);
    expect(new Set(asked.map((query) => query.readUInt16BE(0))).size).toBeGreaterThan(15);
  });

  test("over the limit of pending queries the next one fails at once", async () => {
    const clock = new ManualClock();
    const recursors = new Recursors(
      { udp: { ...udp, connect: async () => ({ send: () => true, close: () => undefined }) }, tcp, clock },
      seededRandom(5),
    );
    const config = { ...DNS_CONFIG_DEFAULTS, recursors: ["127.0.0.1"] };
    const pending = Array.from({ length: 256 }, () => recursors.forward(QUERY, "udp", config));
    expect(await recursors.forward(QUERY, "udp", config)).toBeUndefined();
    clock.advance(2000);
    expect(await Promise.all(pending)).toEqual(pending.map(() => undefined));
  });

  test("addresses come with or without port and brackets", () => {
    expect(parsePeer("10.0.0.1")).toEqual({ address: "10.0.0.1", port: 53 });
    expect(parsePeer("10.0.0.1:54")).toEqual({ address: "10.0.0.1", port: 54 });
    expect(parsePeer("[::1]:54")).toEqual({ address: "::1", port: 54 });
    expect(parsePeer("2001:db8::1")).toEqual({ address: "2001:db8::1", port: 53 });
  });
});

describe("dns: names outside of the own domain", () => {
  const UDP = { transport: "udp", address: "127.0.0.1" } as const;

  test("they are relayed with recursors, and SERVFAIL with RA when none answers", async () => {
    const { at } = await upstream((query) => reply(query, 0, [WWW]));
    const good = responderWorld({ recursors: [at] }, systemClock).responder;
    expect(observe((await good.respond(QUERY, UDP)) as Uint8Array)).toMatchObject({
      rcode: "NOERROR",
      answers: ['www.example.com 60 A "192.0.2.1"'],
    });
    const bad = responderWorld({ recursors: [(await upstream((query) => reply(query, 5))).at] }, systemClock).responder;
    expect(observe((await bad.respond(QUERY, UDP)) as Uint8Array)).toMatchObject({ rcode: "SERVFAIL", flags: "rd ra" });
  });

  test("a CNAME to them is followed, with the service's TTL, and RA is set on all answers", async () => {
    const { at } = await upstream((query) => reply(query, 0, [WWW]));
    const { responder } = responderWorld({ recursors: [at], serviceTtlS: { ext: 9 } }, systemClock);
    const answer = await responder.respond(queryOf({ name: "ext.service.consul", type: "A" }), UDP);
    expect(observe(answer as Uint8Array)).toMatchObject({
      flags: "aa rd ra",
      answers: ['ext.service.consul 9 CNAME "www.example.com"', 'www.example.com 9 A "192.0.2.1"'],
    });
  });

  test("an upstream answer that the client cannot take becomes TC", async () => {
    const many = Array.from({ length: 60 }, (_, i): Answer => ({ ...WWW, data: `192.0.2.${i}` }) as Answer);
    const { at } = await upstream((query) => reply(query, 0, many));
    const { responder } = responderWorld({ recursors: [at] }, systemClock);
    const wire = (await responder.respond(QUERY, UDP)) as Uint8Array;
    expect(wire.length).toBeLessThanOrEqual(512);
    expect(observe(wire)).toMatchObject({ flags: "tc rd ra", answers: [] });
  });

  test("a broken upstream answer leaves the CNAME alone", async () => {
    const { at } = await upstream((query) => {
      const broken = reply(query, 0, [WWW]);
      broken.fill(0xc0, query.length);
      return broken;
    });
    const { responder } = responderWorld({ recursors: [at] }, systemClock);
    const answer = await responder.respond(queryOf({ name: "ext.service.consul", type: "A" }), UDP);
    expect(observe(answer as Uint8Array).answers).toEqual(['ext.service.consul 0 CNAME "www.example.com"']);
  });
});
