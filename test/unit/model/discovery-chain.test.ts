import { expect, test } from "bun:test";
import fc from "fast-check";
import { Refusal } from "../../../src/lib/refusal.ts";
import { decodeChainOverrides, NO_OVERRIDES } from "../../../src/model/discovery-chain.ts";

test("overrides are read by any spelling of their keys, and types that can be meant are", () => {
  expect(decodeChainOverrides(null)).toEqual(NO_OVERRIDES);
  expect(decodeChainOverrides({ Bogus: 1, OverrideProtocol: null })).toEqual(NO_OVERRIDES);
  expect(
    decodeChainOverrides({
      override_connect_timeout: "1m5s",
      overrideprotocol: ["http"],
      OverrideMeshGateway: { mode: "local" },
    }),
  ).toEqual({ connectTimeoutNs: 65e9, protocol: "http", meshGatewayMode: "local" });
});

test("what is no override is refused in Consul's words", () => {
  const prefix = "Bad request: Request decoding failed: ";
  expect(() => decodeChainOverrides([])).toThrow(
    `${prefix}json: cannot unmarshal array into Go value of type map[string]interface {}`,
  );
  expect(() => decodeChainOverrides({ OverrideMeshGateway: "local" })).toThrow(
    `${prefix}1 error(s) decoding:\n\n* 'OverrideMeshGateway' expected a map, got 'string'`,
  );
  expect(() => decodeChainOverrides({ OverrideMeshGateway: { Mode: "default" } })).toThrow(
    "Invalid OverrideMeshGateway.Mode parameter",
  );
});

test("a protocol that no proxy has is refused by its length", () => {
  expect(decodeChainOverrides({ OverrideProtocol: "x".repeat(255) }).protocol).toHaveLength(255);
  expect(() => decodeChainOverrides({ OverrideProtocol: "x".repeat(256) })).toThrow(
    "OverrideProtocol has more than 255 characters",
  );
});

test("any JSON is read or refused", () => {
  const fields = fc.record(
    {
      OverrideConnectTimeout: fc.jsonValue(),
      OverrideProtocol: fc.jsonValue(),
      OverrideMeshGateway: fc.oneof(fc.jsonValue(), fc.record({ Mode: fc.jsonValue() })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fields), (json) => {
      try {
        expect(Object.keys(decodeChainOverrides(json))).toEqual(["connectTimeoutNs", "protocol", "meshGatewayMode"]);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        expect((error as Refusal).status).toBe(400);
      }
    }),
    { numRuns: 2000 },
  );
});
