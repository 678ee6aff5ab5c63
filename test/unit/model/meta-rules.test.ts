import { expect, test } from "bun:test";
import { metaProblem, serviceMetaProblem } from "../../../src/model/meta-rules.ts";

const RESERVED = "Key prefix 'consul-' is reserved for internal use";

test("a reserved key is refused, unless metadata is asked for by it (Consul's words)", () => {
  expect(metaProblem({ "consul-x": "1" })).toBe(`Couldn't load metadata pair ('consul-x', '1'): ${RESERVED}`);
  expect(metaProblem({ "consul-x": "1" }, true)).toBeUndefined();
});

test("a mesh gateway may say what it is for, and nobody else (observed, Consul 1.8.7)", () => {
  const meta = { "consul-wan-federation": "1" };
  expect(serviceMetaProblem(meta, "mesh-gateway")).toBeUndefined();
  expect(serviceMetaProblem({ ...meta, "consul-x": "1" }, "mesh-gateway")).toContain(RESERVED);
  expect(serviceMetaProblem(meta, "ingress-gateway")).toContain(RESERVED);
  expect(serviceMetaProblem(meta, undefined)).toContain(RESERVED);
  expect(serviceMetaProblem({ "consul-wan-federation": "x".repeat(513) }, "mesh-gateway")).toContain(
    "Value is too long",
  );
});
