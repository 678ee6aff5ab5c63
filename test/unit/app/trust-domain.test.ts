import { expect, test } from "bun:test";
import { trustDomainOf } from "../../../src/app/trust-domain.ts";
import { configOf } from "../config/fixture.ts";

const OWN = "6D757374-6572-4e31-8000-00000000000a";
const RESTORED = "2292df12-5594-81af-bee3-536c932b86e5";

test("the trust domain is that of a restored cluster, else of the configured id, else of the cluster of servers, in lower case", () => {
  const configured = configOf('connect { ca_config { cluster_id = "11111111-2222-3333-4444-555555555555" } }');
  expect(trustDomainOf(configured, { restored: RESTORED, own: OWN })).toBe(`${RESTORED}.consul`);
  const none = { restored: undefined, own: OWN };
  expect(trustDomainOf(configured, none)).toBe("11111111-2222-3333-4444-555555555555.consul");
  expect(trustDomainOf(configOf(""), none)).toBe("6d757374-6572-4e31-8000-00000000000a.consul");
});
