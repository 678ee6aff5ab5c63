import { describe, expect, test } from "bun:test";
import { parseQuery } from "../../../src/codec/dns/query.ts";
import { optionlessKey, packetKey } from "../../../src/dns/cache-key.ts";
import { queryOf } from "../../support/dns/observe.ts";

const ONE = { name: "web.service.consul", type: "A" };

function stripped(bytes: Buffer): string | undefined {
  const parsed = parseQuery(bytes);
  if (parsed.kind !== "query") throw new Error(parsed.kind);
  return optionlessKey(bytes, parsed.query);
}

describe("dns: cache key", () => {
  test("the id is no part of it; case, type, flags and EDNS size are", () => {
    expect(packetKey(queryOf(ONE, 1))).toBe(packetKey(queryOf(ONE, 2)) as string);
    const quiet = queryOf(ONE);
    quiet[2] = 0;
    const others = [
      queryOf({ ...ONE, name: "WEB.service.consul" }),
      queryOf({ ...ONE, type: "SRV" }),
      queryOf({ ...ONE, ednsBytes: 512 }),
      queryOf({ ...ONE, ednsBytes: 1232 }),
      quiet,
    ];
    expect(new Set([queryOf(ONE), ...others].map(packetKey)).size).toBe(6);
  });

  test("a query with options shares the key of the same query without, but never with a client subnet", () => {
    const plain = queryOf({ ...ONE, ednsBytes: 1232 });
    expect(stripped(plain)).toBe(packetKey(plain) as string);
    expect(stripped(queryOf({ ...ONE, ednsBytes: 1232, subnet: "10.0.0.0/8" }))).toBeUndefined();
    expect(stripped(queryOf(ONE))).toBeUndefined();
  });

  test("packets longer than any plain query have none", () => {
    expect(packetKey(Buffer.alloc(283))).toBeUndefined();
    expect(packetKey(Buffer.alloc(282))).toBeDefined();
  });
});
