import { expect, test } from "bun:test";
import { NO_OVERRIDES } from "../../../../src/model/discovery-chain.ts";
import { customizationHash } from "../../../../src/state/discovery-chain/customization.ts";

test("the hash is that of Consul 1.8.7 (observed)", () => {
  expect(customizationHash({ ...NO_OVERRIDES, protocol: "http" })).toBe("1a47f6e1");
  expect(customizationHash({ ...NO_OVERRIDES, connectTimeoutNs: 7e9 })).toBe("8b1bc506");
  expect(customizationHash({ ...NO_OVERRIDES, meshGatewayMode: "local" })).toBe("c225dc1c");
  expect(customizationHash({ ...NO_OVERRIDES, meshGatewayMode: "local", connectTimeoutNs: 7e9 })).toBe("51c6f94a");
});
