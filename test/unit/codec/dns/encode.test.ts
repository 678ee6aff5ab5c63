import { describe, expect, test } from "bun:test";
import { decode } from "dns-packet";
import fc from "fast-check";
import { MessageEncoder, TOO_LARGE } from "../../../../src/codec/dns/encode.ts";
import { type DnsMessage, type DnsRecord, TYPE } from "../../../../src/codec/dns/types.ts";
import { ipText } from "../../../../src/dns/ip.ts";

const QUESTION = Uint8Array.from([3, 119, 101, 98, 6, 99, 111, 110, 115, 117, 108, 0, 0, 1, 0, 1]); // web.consul A IN
const EMPTY: DnsMessage = {
  id: 7,
  flags: 0x8400,
  rcode: 0,
  question: QUESTION,
  answers: [],
  authorities: [],
  additionals: [],
};

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
// Few distinct labels, so that suffixes are shared and pointers are really made.
const name = fc
  .array(fc.oneof(fc.constantFrom("a", "b", "node", "dc1", "web"), label), { minLength: 1, maxLength: 5 })
  .map((labels) => [...labels, "consul"].join("."));
const ttlS = fc.nat(2 ** 31 - 1);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u16 = fc.nat(65_535);
const record: fc.Arbitrary<DnsRecord> = fc.oneof(
  fc.record({ name, ttlS, type: fc.constant(TYPE.A), address: bytes(4) }),
  fc.record({ name, ttlS, type: fc.constant(TYPE.AAAA), address: bytes(16) }),
  fc.record({ name, ttlS, type: fc.constantFrom(TYPE.CNAME, TYPE.NS, TYPE.PTR), target: name }),
  fc.record({ name, ttlS, type: fc.constant(TYPE.SRV), priority: u16, weight: u16, port: u16, target: name }),
  fc.record({ name, ttlS, type: fc.constant(TYPE.TXT), text: fc.uint8Array({ maxLength: 700 }) }),
  fc.record({
    name,
    ttlS,
    type: fc.constant(TYPE.SOA),
    mname: name,
    rname: name,
    serial: ttlS,
    refreshS: ttlS,
    retryS: ttlS,
    expireS: ttlS,
    minTtlS: ttlS,
  }),
);
const records = fc.array(record, { maxLength: 12 });
const message: fc.Arbitrary<DnsMessage> = fc
  .tuple(records, records, records)
  .map(([answers, authorities, additionals]) => ({ ...EMPTY, answers, authorities, additionals }));

/** The record in the words of dns-packet, which serves as the independent reader. */
function expected(one: DnsRecord): Record<string, unknown> {
  const base = { name: one.name, ttl: one.ttlS };
  switch (one.type) {
    case TYPE.A:
    case TYPE.AAAA:
      return { ...base, type: one.type === TYPE.A ? "A" : "AAAA", data: [...one.address].join() };
    case TYPE.SRV:
      return {
        ...base,
        type: "SRV",
        data: { priority: one.priority, weight: one.weight, port: one.port, target: one.target },
      };
    case TYPE.TXT:
      return { ...base, type: "TXT", data: Buffer.from(one.text).toString("hex") };
    case TYPE.SOA: {
      const { mname, rname, serial, refreshS, retryS, expireS, minTtlS } = one;
      const times = { serial, refresh: refreshS, retry: retryS, expire: expireS, minimum: minTtlS };
      return { ...base, type: "SOA", data: { mname, rname, ...times } };
    }
    default:
      return { ...base, type: { 2: "NS", 5: "CNAME", 12: "PTR" }[one.type], data: one.target };
  }
}

function decoded(wire: Uint8Array) {
  const packet = decode(Buffer.from(wire));
  const plain = (list: typeof packet.answers) =>
    (list ?? []).map((one) => {
      if (one.type === "OPT") return { type: "OPT" };
      const { name, type, ttl, data } = one as { name: string; type: string; ttl: number; data: unknown };
      return { name, ttl, type, data: normal(type, data) };
    });
  return {
    answers: plain(packet.answers),
    authorities: plain(packet.authorities),
    additionals: plain(packet.additionals),
  };
}

function normal(type: string, data: unknown): unknown {
  if (type === "TXT") return Buffer.concat([data].flat() as Buffer[]).toString("hex");
  return data;
}

/** dns-packet prints IPv6 in its own way, so addresses are compared as bytes. */
function withIp(list: ReturnType<typeof expected>[]) {
  return list.map((one) =>
    one.type === "A" || one.type === "AAAA"
      ? { ...one, data: ipText(Uint8Array.from(String(one.data).split(",").map(Number))) }
      : one,
  );
}

describe("dns: encoder", () => {
  test("another library decodes what is encoded, compressed or not, and the size is the number of bytes", () => {
    const encoder = new MessageEncoder();
    fc.assert(
      fc.property(message, fc.boolean(), (one, compress) => {
        const size = encoder.encode(one, { compress });
        const wire = encoder.copy();
        expect(wire.length).toBe(size);
        const got = decoded(wire);
        const canonical = (list: ReturnType<typeof decoded>["answers"]) =>
          list.map((r) =>
            "type" in r && r.type === "AAAA" && "data" in r ? { ...r, data: normalV6(String(r.data)) } : r,
          );
        expect(canonical(got.answers)).toEqual(withIp(one.answers.map(expected)) as never);
        expect(canonical(got.authorities)).toEqual(withIp(one.authorities.map(expected)) as never);
        expect(canonical(got.additionals)).toEqual(withIp(one.additionals.map(expected)) as never);
      }),
      { numRuns: 400 },
    );
  });

  test("compression never makes a message longer", () => {
    const encoder = new MessageEncoder();
    fc.assert(
      fc.property(message, (one) => {
        const compressed = encoder.encode(one, { compress: true });
        expect(compressed).toBeLessThanOrEqual(encoder.encode(one, { compress: false }));
      }),
    );
  });

  test("an owner equal to the question is two bytes, so ten A records take 160", () => {
    const answers: DnsRecord[] = Array.from({ length: 10 }, (_, i) => ({
      name: "web.consul",
      ttlS: 0,
      type: TYPE.A,
      address: Uint8Array.of(10, 0, 0, i),
    }));
    expect(new MessageEncoder().encode({ ...EMPTY, answers }, { compress: true })).toBe(12 + QUESTION.length + 160);
  });

  test("the target of SRV is never compressed (RFC 2782), but a later owner points into it", () => {
    const encoder = new MessageEncoder();
    const answers: DnsRecord[] = [
      { name: "web.consul", ttlS: 0, type: TYPE.SRV, priority: 1, weight: 1, port: 80, target: "n.node.consul" },
    ];
    const additionals: DnsRecord[] = [
      { name: "n.node.consul", ttlS: 0, type: TYPE.A, address: Uint8Array.of(10, 0, 0, 1) },
    ];
    const base = 12 + QUESTION.length;
    expect(encoder.encode({ ...EMPTY, answers }, { compress: true })).toBe(base + 12 + 6 + 15);
    expect(encoder.encode({ ...EMPTY, answers, additionals }, { compress: true })).toBe(base + 12 + 6 + 15 + 16);
  });

  test("a record whose name does not fit the wire is left out and not counted", () => {
    const encoder = new MessageEncoder();
    const good: DnsRecord = { name: "ok.consul", ttlS: 0, type: TYPE.A, address: Uint8Array.of(1, 2, 3, 4) };
    const bad = ["x".repeat(64), "a..b", `${"a.".repeat(130)}b`, ".a"];
    const answers = bad.flatMap((name): DnsRecord[] => [
      { ...good, name },
      { name: "alias.consul", ttlS: 0, type: TYPE.CNAME, target: name },
    ]);
    encoder.encode({ ...EMPTY, answers: [...answers, good] }, { compress: true });
    expect(decoded(encoder.copy()).answers.map((one) => ("name" in one ? one.name : ""))).toEqual(["ok.consul"]);
  });

  test("names with escapes and characters beyond ASCII go out as their bytes", () => {
    const encoder = new MessageEncoder();
    const answers: DnsRecord[] = [{ name: "web.consul", ttlS: 0, type: TYPE.CNAME, target: "a\\.b.\\009c.é.consul" }];
    encoder.encode({ ...EMPTY, answers }, { compress: true });
    const expectedBytes = Buffer.from([3, 97, 46, 98, 2, 9, 99, 2, 0xc3, 0xa9, 6]);
    expect(Buffer.from(encoder.copy()).indexOf(expectedBytes)).toBeGreaterThan(0);
  });

  test("a message over 65,535 bytes is reported, never cut silently", () => {
    const text = new Uint8Array(200).fill(120);
    const answers = Array.from(
      { length: 400 },
      (): DnsRecord => ({ name: "web.consul", ttlS: 0, type: TYPE.TXT, text }),
    );
    expect(new MessageEncoder().encode({ ...EMPTY, answers }, { compress: true })).toBe(TOO_LARGE);
  });

  test("the client subnet goes back with its scope (RFC 7871 6)", () => {
    const encoder = new MessageEncoder();
    const subnet = { family: 1, sourcePrefix: 24, scopePrefix: 24, address: Uint8Array.of(10, 1, 2) };
    encoder.encode({ ...EMPTY, edns: { sizeBytes: 1232, subnet } }, { compress: true });
    const opt = decode(Buffer.from(encoder.copy())).additionals?.[0];
    expect(opt).toMatchObject({
      type: "OPT",
      udpPayloadSize: 1232,
      options: [{ type: "CLIENT_SUBNET", ip: "10.1.2.0", sourcePrefixLength: 24, scopePrefixLength: 24 }],
    });
  });
});

function normalV6(text: string): string {
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? left : [...left, ...new Array(8 - left.length - right.length).fill("0"), ...right];
  return ipText(
    Uint8Array.from(groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])),
  );
}
