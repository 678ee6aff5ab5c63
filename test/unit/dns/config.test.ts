import { expect, test } from "bun:test";
import { DNS_CONFIG_DEFAULTS, serviceTtlS } from "../../../src/dns/config.ts";

test("dns: a service's own TTL wins over the longest prefix, the prefix over the star, and case does not count", () => {
  const config = { ...DNS_CONFIG_DEFAULTS, serviceTtlS: { "*": 1, "web*": 2, "Web-A*": 3, api: 4 } };
  const ttls = ["api", "API", "apis", "web", "webby", "web-api"].map((name) => serviceTtlS(config, name));
  expect(ttls).toEqual([4, 4, 1, 2, 2, 3]);
  expect(serviceTtlS(DNS_CONFIG_DEFAULTS, "api")).toBe(0);
});
