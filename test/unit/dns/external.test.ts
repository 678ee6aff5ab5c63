import { describe, expect, test } from "bun:test";
import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { addressQuery, addressRecords } from "../../../src/dns/external.ts";

describe("dns: questions to recursors", () => {
  test("the query asks for A with recursion", () => {
    expect(decode(Buffer.from(addressQuery("www.example.com") as Uint8Array))).toMatchObject({
      type: "query",
      flag_rd: true,
      questions: [{ name: "www.example.com", type: "A", class: "IN" }],
    });
  });

  test("names that cannot go on the wire are not asked", () => {
    for (const name of ["", "a..b", "x".repeat(64)]) expect(addressQuery(name)).toBeUndefined();
  });

  test("CNAME, A and AAAA are taken over in order, everything else is not", () => {
    const answer = encode({
      type: "response",
      answers: [
        { type: "CNAME", name: "a.test", ttl: 5, data: "b.test" },
        { type: "TXT", name: "b.test", ttl: 5, data: "x" },
        { type: "A", name: "b.test", ttl: 6, data: "192.0.2.1" },
        { type: "AAAA", name: "b.test", ttl: 7, data: "2001:db8::1" },
      ],
    });
    expect(addressRecords(answer).map((record) => [record.name, record.ttlS, record.type])).toEqual([
      ["a.test", 5, 5],
      ["b.test", 6, 1],
      ["b.test", 7, 28],
    ]);
  });

  test("any bytes give records or none, and pointer loops end", () => {
    expect(addressRecords(Uint8Array.from([0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]))).toEqual([]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Array.isArray(addressRecords(bytes))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
