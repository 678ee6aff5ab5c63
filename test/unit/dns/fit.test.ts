import { describe, expect, test } from "bun:test";
import { decode } from "dns-packet";
import fc from "fast-check";
import { MessageEncoder } from "../../../src/codec/dns/encode.ts";
import { type DnsMessage, type DnsRecord, FLAG, TYPE } from "../../../src/codec/dns/types.ts";
import { DNS_CONFIG_DEFAULTS } from "../../../src/dns/config.ts";
import { fitMessage, responseBytesMax } from "../../../src/dns/fit.ts";

const QUESTION = Uint8Array.from([3, 119, 101, 98, 6, 99, 111, 110, 115, 117, 108, 0, 0, 1, 0, 1]);
const encoder = new MessageEncoder();

function message(answers: DnsRecord[], additionals: DnsRecord[] = [], ednsBytes?: number): DnsMessage {
  const base = { id: 1, flags: FLAG.QR, rcode: 0, question: QUESTION, answers, authorities: [], additionals };
  return ednsBytes === undefined ? base : { ...base, edns: { sizeBytes: ednsBytes } };
}

function a(i: number): DnsRecord {
  return { name: "web.consul", ttlS: 0, type: TYPE.A, address: Uint8Array.of(10, 0, i >> 8, i & 255) };
}

function txt(name: string, bytes: number): DnsRecord {
  return { name, ttlS: 0, type: TYPE.TXT, text: new Uint8Array(bytes).fill(120) };
}

function srv(i: number): DnsRecord {
  return { name: "web.consul", ttlS: 0, type: TYPE.SRV, priority: 1, weight: 1, port: i, target: `n${i}.node.consul` };
}

function shape(wire: Uint8Array) {
  const packet = decode(Buffer.from(wire));
  const additionals = (packet.additionals ?? []).filter((record) => record.type !== "OPT");
  return {
    answers: packet.answers?.length ?? 0,
    additionals: additionals.length,
    tc: packet.flag_tc,
    bytes: wire.length,
  };
}

describe("dns: fitting an answer to its client", () => {
  test("no answer is ever larger than what the client takes, whatever is in it", () => {
    const records = fc.array(
      fc.oneof(
        fc.nat(999).map(a),
        fc.nat(999).map(srv),
        fc.tuple(fc.nat(99), fc.nat(900)).map(([i, bytes]) => txt(`n${i}.node.consul`, bytes)),
      ),
      { maxLength: 80 },
    );
    const size = fc.option(fc.nat(65_535), { nil: undefined });
    fc.assert(
      fc.property(records, records, size, fc.boolean(), fc.boolean(), (answers, additionals, bytes, counted, plain) => {
        const config = { ...DNS_CONFIG_DEFAULTS, disableCompression: plain };
        const wire = fitMessage(message(answers, additionals, bytes), counted, "udp", config, encoder);
        expect(wire.length).toBeLessThanOrEqual(responseBytesMax("udp", bytes));
        expect(decode(Buffer.from(wire)).questions).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  test("without EDNS the limit counts answers, but not those of nodes", () => {
    const ten = message(Array.from({ length: 10 }, (_, i) => a(i)));
    expect(shape(fitMessage(ten, true, "udp", DNS_CONFIG_DEFAULTS, encoder)).answers).toBe(3);
    expect(shape(fitMessage(ten, false, "udp", DNS_CONFIG_DEFAULTS, encoder)).answers).toBe(10);
    const high = { ...DNS_CONFIG_DEFAULTS, udpAnswerLimit: 100 };
    expect(shape(fitMessage(ten, true, "udp", high, encoder)).answers).toBe(8);
  });

  test("with EDNS as many answers as fit, to the last byte", () => {
    const many = (bytes: number) =>
      message(
        Array.from({ length: 500 }, (_, i) => a(i)),
        [],
        bytes,
      );
    const fixed = 12 + QUESTION.length + 11;
    const fitting = fixed + 16 * 60;
    expect(shape(fitMessage(many(fitting), true, "udp", DNS_CONFIG_DEFAULTS, encoder)).answers).toBe(60);
    expect(shape(fitMessage(many(fitting - 1), true, "udp", DNS_CONFIG_DEFAULTS, encoder)).answers).toBe(59);
  });

  test("TC is set for a cut answer only when asked for", () => {
    const ten = message(Array.from({ length: 10 }, (_, i) => a(i)));
    expect(shape(fitMessage(ten, true, "udp", DNS_CONFIG_DEFAULTS, encoder)).tc).toBe(false);
    const truncating = { ...DNS_CONFIG_DEFAULTS, enableTruncate: true };
    expect(shape(fitMessage(ten, true, "udp", truncating, encoder)).tc).toBe(true);
    expect(shape(fitMessage(message([a(1)]), true, "udp", truncating, encoder)).tc).toBe(false);
  });

  test("TC is set, whatever the key says, when not even one answer fits", () => {
    const one = message([txt("web.consul", 600)]);
    const got = shape(fitMessage(one, false, "udp", DNS_CONFIG_DEFAULTS, encoder));
    expect(got).toMatchObject({ answers: 0, tc: true });
  });

  test("additional records go before the only answer does", () => {
    const node = message([a(1)], [txt("web.consul", 600)]);
    expect(shape(fitMessage(node, false, "udp", DNS_CONFIG_DEFAULTS, encoder))).toMatchObject({
      answers: 1,
      additionals: 0,
      tc: false,
    });
    const target = "t".repeat(60);
    const long: DnsRecord = { ...a(1), name: `${target}.${target}.${target}.${target}` };
    const service: DnsRecord = { ...srv(1), target: long.name } as DnsRecord;
    const big = message([service], [long, txt("web.consul", 300)]);
    expect(shape(fitMessage(big, true, "udp", DNS_CONFIG_DEFAULTS, encoder))).toMatchObject({
      answers: 1,
      additionals: 1,
    });
  });

  test("of a cut SRV answer only the kept targets' addresses stay", () => {
    const answers = Array.from({ length: 40 }, (_, i) => srv(i));
    const extras = answers.flatMap((_, i): DnsRecord[] => [
      { ...a(i), name: `n${i}.node.consul` },
      txt(`n${i}.node.consul`, 20),
    ]);
    const got = shape(fitMessage(message(answers, extras, 1232), true, "udp", DNS_CONFIG_DEFAULTS, encoder));
    expect(got.answers).toBeGreaterThan(5);
    expect(got.answers).toBeLessThan(40);
    expect(got.additionals).toBe(got.answers);
  });

  test("TCP carries everything up to 64 KiB, and never TC", () => {
    const answers = Array.from({ length: 1500 }, (_, i) => srv(i));
    const extras = answers.map((_, i): DnsRecord => ({ ...a(i), name: `n${i}.node.consul` }));
    const config = { ...DNS_CONFIG_DEFAULTS, enableTruncate: true };
    const got = shape(fitMessage(message(answers, extras), true, "tcp", config, encoder));
    expect(got.answers).toBeGreaterThan(900);
    expect(got.bytes).toBeLessThanOrEqual(65_523);
    expect(got.additionals).toBe(got.answers);
    expect(got.tc).toBe(false);
  });
});
