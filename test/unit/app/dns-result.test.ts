import { expect, test } from "bun:test";
import { dnsResult } from "../../../src/app/dns-result.ts";

const ANSWER = { Service: "web", Nodes: [], DNS: { TTL: "" }, Datacenter: "dc1" };

test("the TTL is that of the query in whole seconds, or none of its own", () => {
  expect(dnsResult({ ...ANSWER, DNS: { TTL: "1m30.9s" } })).toMatchObject({ ttlS: 90 });
  expect(dnsResult(ANSWER).ttlS).toBeUndefined();
});
