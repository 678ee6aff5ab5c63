import { expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigError } from "../../../src/config/error.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { TOP } from "../../../src/config/schema/top.ts";
import { MACHINE } from "./fixture.ts";

function loads(format: "json" | "hcl", text: string): void {
  try {
    const source = { name: "fuzz", format, text };
    expect(loadConfig({ dev: true, sources: [source], flags: {}, machine: MACHINE }).config.dev).toBe(true);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
}

const inner = [
  "http",
  "name",
  "checks",
  "check",
  "soa",
  "tokens",
  "bootstrap",
  "connect",
  "sidecar_service",
  "proxy",
  "upstreams",
  "meta",
  "__proto__",
];
const key = fc.constantFrom(...Object.keys(TOP), ...inner);
const scalar = fc.oneof(
  fc.constantFrom(
    "",
    "1s",
    "x",
    "127.0.0.1",
    "{{ GetPrivateIP }}",
    "{{ a | b }}",
    "unix://x",
    "10.0.0.0/8",
    "eth0",
    "dc1",
  ),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
  ),
}));

test("any JSON gives a Config or a ConfigError", () => {
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 6 }), (data) => loads("json", JSON.stringify(data))),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => loads("json", text)),
    { numRuns: 500 },
  );
});

test("any HCL gives a Config or a ConfigError", () => {
  const piece = fc.oneof(
    key,
    fc.constantFrom("{", "}", "[", "]", "=", ",", "\n", '"x"', '"1s"', "1", "true", " ", "<<E\nx\nE\n"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => loads("hcl", pieces.join(" "))),
    { numRuns: 2000 },
  );
});

test("deep nesting is an error", () => {
  for (const text of [
    `${'{"service":'.repeat(5000)}1${"}".repeat(5000)}`,
    `{"connect":{"ca_config":${"[".repeat(5000)}${"]".repeat(5000)}}}`,
  ])
    expect(() =>
      loadConfig({ dev: true, sources: [{ name: "x", format: "json", text }], flags: {}, machine: MACHINE }),
    ).toThrow("nested deeper");
});
