import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseQuery } from "../../../../src/codec/dns/query.ts";
import { RCODE } from "../../../../src/codec/dns/types.ts";
import { queryOf } from "../../../support/dns/observe.ts";

const PLAIN = queryOf({ name: "Web.Service.consul", type: "A" });
const WITH_SUBNET = queryOf({ name: "a.consul", type: "SRV", ednsBytes: 1232, subnet: "10.1.2.0/24" });

function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

describe("dns: query parser", () => {
  test("id, flags, name with its case, type and question are read", () => {
    const parsed = parseQuery(PLAIN);
    expect(parsed).toMatchObject({
      kind: "query",
      query: { id: 0x1234, flags: 0x100, name: "Web.Service.consul", type: 1, plain: true },
    });
    if (parsed.kind === "query") expect([...parsed.query.question]).toEqual([...PLAIN.subarray(12)]);
  });

  test("OPT gives the size and the client subnet; options make the query not plain", () => {
    const subnet = { family: 1, sourcePrefix: 24, scopePrefix: 0, address: Uint8Array.of(10, 1, 2) };
    expect(parseQuery(WITH_SUBNET)).toMatchObject({ query: { plain: false, edns: { sizeBytes: 1232, subnet } } });
    expect(parseQuery(queryOf({ name: "a", type: "A", ednsBytes: 600 }))).toMatchObject({
      query: { plain: true, edns: { sizeBytes: 600 } },
    });
  });

  test("responses and packets shorter than a header are dropped, so that two servers never answer each other", () => {
    expect(parseQuery(patched(PLAIN, 2, 0x80))).toEqual({ kind: "drop" });
    for (let length = 0; length < 12; length++) expect(parseQuery(PLAIN.subarray(0, length))).toEqual({ kind: "drop" });
  });

  test("opcodes other than QUERY and NOTIFY are not implemented", () => {
    for (const opcode of [1, 2, 5, 15])
      expect(parseQuery(patched(PLAIN, 2, opcode << 3))).toEqual({ kind: "refuse", rcode: RCODE.NOTIMP });
    expect(parseQuery(patched(PLAIN, 2, 4 << 3)).kind).toBe("query");
  });

  test("a question count other than one is a format error", () => {
    for (const count of [0, 2, 255])
      expect(parseQuery(patched(PLAIN, 5, count))).toMatchObject({ rcode: RCODE.FORMERR });
  });

  test("every cut of a query is a format error, never a query of something else", () => {
    for (const whole of [PLAIN, WITH_SUBNET])
      for (let length = 12; length < whole.length; length++)
        expect(parseQuery(whole.subarray(0, length))).toMatchObject({ kind: "refuse", rcode: RCODE.FORMERR });
  });

  test("a pointer in the question, even to itself, is a format error and no loop", () => {
    expect(parseQuery(patched(PLAIN, 12, 0xc0, 12))).toMatchObject({ rcode: RCODE.FORMERR });
  });

  test("labels over 63 bytes and names over 255 bytes are format errors", () => {
    expect(parseQuery(patched(PLAIN, 12, 64))).toMatchObject({ rcode: RCODE.FORMERR });
    const name = Array.from({ length: 64 }, () => [3, 97, 97, 97]).flat();
    const long = Uint8Array.from([...PLAIN.subarray(0, 12), ...name, 0, 0, 1, 0, 1]);
    expect(parseQuery(long)).toMatchObject({ rcode: RCODE.FORMERR });
  });

  test("dots and odd bytes inside of a label are escaped, so they never split it", () => {
    const packet = Uint8Array.from([...PLAIN.subarray(0, 12), 4, 97, 46, 0, 255, 0, 0, 1, 0, 1]);
    expect(parseQuery(packet)).toMatchObject({ query: { name: "a\\.\\000\\255" } });
  });

  test("a client subnet with more or fewer bytes than its prefix is a format error (RFC 7871 6)", () => {
    const prefixAt = WITH_SUBNET.length - 5;
    expect(WITH_SUBNET[prefixAt]).toBe(24);
    for (const prefix of [0, 16, 32, 255])
      expect(parseQuery(patched(WITH_SUBNET, prefixAt, prefix))).toMatchObject({ rcode: RCODE.FORMERR });
  });

  test("any bytes give a value and never throw", () => {
    const noise = fc.uint8Array({ maxLength: 600 });
    const mutated = fc
      .tuple(fc.constantFrom(PLAIN, WITH_SUBNET), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }))
      .map(([base, edits]) => {
        const copy = Uint8Array.from(base);
        for (const [at, value] of edits) if (at < copy.length) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(noise, mutated), (bytes) => {
        expect(["query", "refuse", "drop"]).toContain(parseQuery(bytes).kind);
      }),
      { numRuns: 5000 },
    );
  });
});
