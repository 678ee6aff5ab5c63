import { describe, expect, test } from "bun:test";
import { decode } from "dns-packet";
import fc from "fast-check";
import { DNS_CONFIG_DEFAULTS } from "../../../src/dns/config.ts";
import type { Responder } from "../../../src/dns/responder.ts";
import type { DnsInstance } from "../../../src/dns/source.ts";
import type { DnsCase } from "../../support/dns/cases.ts";
import { observe, queryOf } from "../../support/dns/observe.ts";
import { ManualClock, responderWorld } from "../../support/dns/world.ts";

const UDP = { transport: "udp", address: "192.0.2.9" } as const;
const TCP = { transport: "tcp", address: "192.0.2.9" } as const;

async function ask(responder: Responder, one: DnsCase, asker: typeof UDP | typeof TCP = UDP) {
  const wire = await responder.respond(queryOf(one), asker);
  if (wire === undefined) throw new Error("no answer");
  return observe(wire);
}

/** A query with an EDNS cookie (RFC 7873), which changes with each client. */
function withCookie(name: string, cookie: number): Buffer {
  const query = queryOf({ name, type: "A", ednsBytes: 1232 });
  query.writeUInt16BE(12, query.length - 2);
  return Buffer.concat([query, Buffer.from([0, 10, 0, 8]), Buffer.alloc(8, cookie)]);
}

function remoteInstance(address: string, tagged: Record<string, string> = {}): DnsInstance {
  return {
    Node: { Node: "far", Address: address, Datacenter: "dc2", TaggedAddresses: tagged },
    Service: { ID: "s", Service: "api", Address: "", Port: 80 },
    Checks: [],
  };
}

describe("dns: responder", () => {
  test("any bytes give an answer or none, and never an exception", async () => {
    const { responder } = responderWorld();
    const seeds = [
      queryOf({ name: "api.service.consul", type: "SRV", ednsBytes: 1232, subnet: "10.1.2.0/24" }),
      queryOf({ name: "1.0.0.10.in-addr.arpa", type: "PTR" }),
      queryOf({ name: "meta.node.consul", type: "ANY" }),
    ];
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 5 }), fc.nat(90))
      .map(([seed, edits, length]) => {
        const copy = Buffer.from(seed.subarray(0, Math.max(length, 12)));
        for (const [at, value] of edits) if (at < copy.length) copy[at] = value;
        return copy;
      });
    const noise = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));
    const check = async (bytes: Buffer) => {
      const answer = await responder.respond(bytes, UDP);
      if (answer === undefined) return;
      expect(answer.subarray(0, 2)).toEqual(Uint8Array.from(bytes.subarray(0, 2)));
      expect((answer[2] ?? 0) & 0x80).toBe(0x80);
      decode(Buffer.from(answer.subarray(0, 12).fill(0, 4)));
    };
    await fc.assert(fc.asyncProperty(fc.oneof(mutated, noise), check), { numRuns: 3000 });
  });

  test("a cached answer carries the id, the flags and the case of who asks now", async () => {
    const { responder } = responderWorld();
    const one = { name: "solo.service.consul", type: "A" };
    await ask(responder, one);
    const again = (await responder.respond(queryOf(one, 0xbeef), UDP)) as Uint8Array;
    expect([again[0], again[1]]).toEqual([0xbe, 0xef]);
    const quiet = queryOf(one);
    quiet[2] = 0;
    expect(observe((await responder.respond(quiet, UDP)) as Uint8Array).flags).toBe("aa");
    const shouted = await ask(responder, { name: "SOLO.service.consul", type: "A" });
    expect(shouted.answers).toEqual(['SOLO.service.consul 0 A "10.0.0.2"']);
  });

  test("an unchanged service is looked up once, and a change shows in the very next answer", async () => {
    const { responder, source } = responderWorld();
    const one = { name: "solo.service.consul", type: "A" };
    for (let i = 0; i < 50; i++) await ask(responder, one);
    expect(source.lookups).toEqual(["service solo"]);
    source.register({ Node: "new", Address: "10.7.7.7", Service: { Service: "solo", Port: 1 } });
    expect((await ask(responder, one)).answers).toHaveLength(2);
    source.deregister("new", "solo");
    source.deregister("meta", "solo");
    expect(await ask(responder, one)).toMatchObject({ rcode: "NXDOMAIN" });
  });

  test("all instances are answered in turn, though only three at a time", async () => {
    const { responder } = responderWorld();
    const seen = new Map<string, number>();
    for (let i = 0; i < 5000; i++)
      for (const answer of (await ask(responder, { name: "web.service.consul", type: "A" })).answers)
        seen.set(answer, (seen.get(answer) ?? 0) + 1);
    expect(seen.size).toBe(10);
    // Evenly: each of the ten has about a tenth of the 15,000 answers.
    for (const count of seen.values()) expect(Math.abs(count - 1500)).toBeLessThan(600);
  });

  test("the SOA serial is the clock, also of negative answers", async () => {
    const clock = new ManualClock();
    const { responder } = responderWorld({}, clock);
    const serial = async () => {
      const wire = await responder.respond(queryOf({ name: "nope.service.consul", type: "A" }), UDP);
      const [soa] = decode(Buffer.from(wire as Uint8Array)).authorities ?? [];
      return soa?.type === "SOA" ? soa.data.serial : undefined;
    };
    expect(await serial()).toBe(clock.ms / 1000);
    clock.advance(5000);
    expect(await serial()).toBe(clock.ms / 1000);
  });

  test("EDNS cookies do not defeat the cache", () => {
    const { responder, source } = responderWorld();
    const sizes = Array.from({ length: 20 }, (_, i) => responder.respond(withCookie("solo.service.consul", i), UDP));
    expect(source.lookups).toEqual(["service solo"]);
    for (const answer of sizes) expect(observe(answer as Uint8Array).edns).toBe("1232");
    expect(source.listenerCount).toBe(2);
  });

  test("an answer made for TCP never goes out as a datagram", async () => {
    const { responder } = responderWorld();
    const one = { name: "wide.service.consul", type: "A" };
    expect((await ask(responder, one, TCP)).answers).toHaveLength(300);
    expect((await ask(responder, one, UDP)).answers).toHaveLength(3);
  });

  test("a new configuration counts from the next query on", async () => {
    const { responder } = responderWorld();
    const one = { name: "solo.service.consul", type: "A" };
    expect((await ask(responder, one)).answers).toEqual(['solo.service.consul 0 A "10.0.0.2"']);
    responder.reconfigure({ ...DNS_CONFIG_DEFAULTS, serviceTtlS: { solo: 9 } });
    expect((await ask(responder, one)).answers).toEqual(['solo.service.consul 9 A "10.0.0.2"']);
  });

  test("when the registry fails the answer is SERVFAIL, authoritative", async () => {
    const { responder, source } = responderWorld();
    source.failure = new Error("No cluster leader");
    expect(await ask(responder, { name: "api.service.consul", type: "A" })).toMatchObject({
      rcode: "SERVFAIL",
      flags: "aa rd",
    });
  });

  test("messages that cannot be answered get a bare header, as Consul's DNS library sends it", () => {
    const { responder } = responderWorld();
    const update = queryOf({ name: "a.consul", type: "A" });
    update[2] = 5 << 3;
    expect(responder.respond(update, UDP)).toEqual(Uint8Array.from([0x12, 0x34, 0xa8, 4, 0, 0, 0, 0, 0, 0, 0, 0]));
    const cut = queryOf({ name: "a.consul", type: "A" }).subarray(0, 15);
    expect(responder.respond(cut, UDP)).toEqual(Uint8Array.from([0x12, 0x34, 0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
  });

  test("classes other than IN and ANY are refused: an IN record for a CH question is malformed to resolvers", () => {
    const { responder } = responderWorld();
    const query = queryOf({ name: "plain.node.consul", type: "A" });
    query[query.length - 1] = 3;
    expect(observe(responder.respond(query, UDP) as Uint8Array)).toMatchObject({ rcode: "REFUSED", answers: [] });
  });

  test("a name with a dot inside of a label finds nothing", async () => {
    const { responder } = responderWorld();
    const query = Buffer.concat([
      queryOf({ name: "x", type: "A" }).subarray(0, 12),
      Buffer.from("\x0bdotted.node\x04node\x06consul\x00\x00\x01\x00\x01", "latin1"),
    ]);
    expect(observe(responder.respond(query, UDP) as Uint8Array)).toMatchObject({ rcode: "NXDOMAIN" });
  });
});

describe("dns: responder, other datacenters", () => {
  test("their services are fetched, and an unknown datacenter does not exist", async () => {
    const { responder, source } = responderWorld();
    source.others.set("dc2", [remoteInstance("10.50.0.1")]);
    const found = await ask(responder, { name: "api.service.dc2.consul", type: "SRV" });
    expect(found.answers).toEqual([
      'api.service.dc2.consul 0 SRV {"priority":1,"weight":1,"port":80,"target":"far.node.dc2.consul"}',
    ]);
    expect(await ask(responder, { name: "api.service.dc3.consul", type: "A" })).toMatchObject({ rcode: "NXDOMAIN" });
    expect(source.lookups).toEqual(["remote dc2"]);
  });

  test("their wide-area address is used when it is configured, as an addr name in SRV", async () => {
    const { responder, source } = responderWorld({ translateWanAddrs: true });
    source.others.set("dc2", [remoteInstance("10.50.0.1", { wan: "198.51.100.1" })]);
    const found = await ask(responder, { name: "api.service.dc2.consul", type: "SRV" });
    expect(found.answers[0]).toContain("c6336401.addr.dc2.consul");
    expect(found.additionals).toEqual(['c6336401.addr.dc2.consul 0 A "198.51.100.1"']);
  });

  test("when they cannot be reached the answer is SERVFAIL", async () => {
    const { responder, source } = responderWorld();
    source.others.set("dc2", []);
    source.failure = new Error("rpc error");
    expect(await ask(responder, { name: "api.service.dc2.consul", type: "A" })).toMatchObject({ rcode: "SERVFAIL" });
  });

  test("a prepared query is answered at once by the state that is here, and its answer is kept while it says so", async () => {
    const { responder, source } = responderWorld();
    const asked: boolean[] = [];
    const execute = (lasts: boolean) => () => {
      asked.push(lasts);
      const instances = [remoteInstance("10.50.0.1")];
      return { service: "api", datacenter: "dc1", instances, ttlS: 9, ...(lasts && { topics: ["queries"] }) };
    };
    const query = queryOf({ name: "q.query.consul", type: "A" });
    for (const lasts of [false, true]) {
      source.executeQuery = execute(lasts);
      for (let i = 0; i < 2; i++) {
        expect(observe(responder.respond(query, UDP) as Uint8Array).answers).toEqual([
          'q.query.consul 9 A "10.50.0.1"',
        ]);
      }
    }
    expect(asked).toEqual([false, false, true]);
  });

  test("what waits is bounded: the next question fails at once", async () => {
    const { responder, source } = responderWorld();
    source.remote.executeQuery = () => new Promise(() => undefined);
    const query = queryOf({ name: "slow.query.consul", type: "A" });
    for (let i = 0; i < 1024; i++) expect(responder.respond(query, UDP)).toBeInstanceOf(Promise);
    expect(observe(responder.respond(query, UDP) as Uint8Array)).toMatchObject({ rcode: "SERVFAIL" });
  });
});

describe("dns: responder, no state here", () => {
  test("who has an address is fetched, and what nobody has is the recursors' matter", async () => {
    const { responder } = responderWorld({ recursors: ["127.0.0.1:1"], recursorTimeoutMs: 20 }, undefined, "client");
    expect(await ask(responder, { name: "2.0.0.10.in-addr.arpa", type: "PTR" })).toMatchObject({ flags: "aa rd ra" });
    expect(await ask(responder, { name: "9.9.9.9.in-addr.arpa", type: "PTR" })).toMatchObject({ rcode: "SERVFAIL" });
  });
});

describe("dns: responder, prepared queries", () => {
  test("their order and TTL are kept, and the client subnet is who asks (RFC 7871)", async () => {
    const { responder, source } = responderWorld();
    const instances = ["10.50.0.3", "10.50.0.1", "10.50.0.2"].map((address) => remoteInstance(address));
    source.queries.set("near", { service: "api", datacenter: "dc1", ttlS: 23, instances });
    const query = queryOf({ name: "near.query.consul", type: "A", ednsBytes: 1232, subnet: "10.1.2.0/24" });
    const wire = (await responder.respond(query, UDP)) as Uint8Array;
    const answers = decode(Buffer.from(wire)).answers ?? [];
    expect(answers.map((one) => ("data" in one ? one.data : ""))).toEqual(["10.50.0.3", "10.50.0.1", "10.50.0.2"]);
    expect(answers.every((one) => "ttl" in one && one.ttl === 23)).toBe(true);
    expect(observe(wire).edns).toBe("1232 CLIENT_SUBNET 10.1.2.0/24/24");
    expect(source.lookups).toEqual(["query near from 10.1.2.0"]);
  });

  test("without a subnet the client itself is who asks, and an unknown query does not exist", async () => {
    const { responder, source } = responderWorld();
    expect(await ask(responder, { name: "no.such.query.consul", type: "A" })).toMatchObject({ rcode: "NXDOMAIN" });
    expect(source.lookups).toEqual(["query no.such from 192.0.2.9"]);
  });
});
