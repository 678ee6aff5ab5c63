import { expect, test } from "bun:test";
import { trustDomainOf } from "../../../src/app/trust-domain.ts";
import { configOf } from "../config/fixture.ts";

const OWN = "6D757374-6572-4e31-8000-00000000000a";

test("the trust domain is that of the configured cluster id, else that of the cluster of servers, in lower case", () => {
  const configured = configOf('connect { ca_config { cluster_id = "11111111-2222-3333-4444-555555555555" } }');
  expect(trustDomainOf(configured, OWN)).toBe("11111111-2222-3333-4444-555555555555.consul");
  expect(trustDomainOf(configOf(""), OWN)).toBe("6d757374-6572-4e31-8000-00000000000a.consul");
});
