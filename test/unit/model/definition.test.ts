import { expect, test } from "bun:test";
import fc from "fast-check";
import { Refusal } from "../../../src/lib/refusal.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../../../src/model/definition.ts";

test("definition: keys match without regard to case, and in the snake spellings that Consul knows", () => {
  const definition = decodeServiceDefinition({
    name: "web",
    PORT: 80,
    enable_tag_override: true,
    tagged_addresses: { lan: { address: "10.0.0.1", PORT: 1 } },
    check: { ttl: "10s", args: ["a"], deregister_critical_service_after: "1m", tls_skip_verify: true },
    connect: { sidecar_service: { port: 5 }, foo: 1 },
    proxy: { destination_service_name: "x", upstreams: [{ local_bind_port: 2 }] },
  });
  expect(definition).toMatchObject({
    Name: "web",
    Port: 80,
    EnableTagOverride: true,
    TaggedAddresses: { lan: { Address: "10.0.0.1", Port: 1 } },
    Check: { TTL: 10e9, ScriptArgs: ["a"], DeregisterCriticalServiceAfter: 60e9, TLSSkipVerify: true },
    Connect: { Native: false, SidecarService: { Port: 5 } },
    Proxy: { DestinationServiceName: "x", Upstreams: [{ LocalBindPort: 2 }] },
  });
});

test.each([
  [{ Name: "a", foo: 1 }, 'json: unknown field "foo"'],
  [{ Check: { ID: "x" } }, 'json: unknown field "ID"'],
  [{ Connect: { SidecarService: { foo: 1 } } }, 'json: unknown field "foo"'],
  [{ Namespace: "default" }, 'json: unknown field "Namespace"'],
  [{ Port: "80" }, "json: cannot unmarshal string into Go struct field .Port of type int"],
  [{ Port: 80.5 }, "json: cannot unmarshal number 80.5 into Go struct field .Port of type int"],
  [{ Tags: "x" }, "json: cannot unmarshal string into Go struct field .Tags of type []string"],
  [{ Meta: { a: 1 } }, "json: cannot unmarshal number into Go struct field .Meta of type string"],
  [{ EnableTagOverride: "x" }, "json: cannot unmarshal string into Go struct field .EnableTagOverride of type bool"],
  [{ Check: { TTL: "x" } }, 'time: invalid duration "x"'],
  [{ Check: { TTL: "10" } }, 'time: missing unit in duration "10"'],
])("definition: %j is refused with Go's text", (json, text) => {
  expect(() => decodeServiceDefinition(json)).toThrow(new Refusal(text, 400));
});

test("definition: null is the zero value everywhere", () => {
  const nulls = {
    Check: null,
    Checks: null,
    Meta: null,
    Connect: null,
    Proxy: null,
    Weights: null,
    Port: null,
    Tags: null,
  };
  expect(decodeServiceDefinition({ Name: "a", ...nulls })).toEqual(decodeServiceDefinition({ Name: "a" }));
  expect(decodeServiceDefinition(null).Name).toBe("");
});

test("definition: a duration is Go text or nanoseconds, other JSON is ignored", () => {
  expect(decodeCheckDefinition({ TTL: 10.5 }).TTL).toBe(10);
  expect(decodeCheckDefinition({ TTL: true }).TTL).toBe(0);
  expect(decodeCheckDefinition({ Interval: "1m30s" }).Interval).toBe(90e9);
});

test("definition: given weights keep Go's zero for the one that is missing", () => {
  expect(decodeServiceDefinition({ Weights: { Passing: 2 } }).Weights).toEqual({ Passing: 2, Warning: 0 });
});

test("definition: a check of its own has ID, one inside a service CheckID", () => {
  expect(() => decodeCheckDefinition({ CheckID: "x" })).toThrow('json: unknown field "CheckID"');
  expect(decodeServiceDefinition({ Check: { CheckID: "x", ServiceID: "ignored" } }).Check?.CheckID).toBe("x");
});

test("definition: any JSON is decoded or refused with status 400, never another error", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      for (const decode of [decodeServiceDefinition, decodeCheckDefinition]) {
        try {
          decode(json);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          expect((error as Refusal).status).toBe(400);
        }
      }
    }),
  );
});

test("definition: any value under any known key is decoded or refused, and a decoded one decodes to itself", () => {
  const keys = Object.keys(decodeServiceDefinition({ Name: "a" }));
  const field = fc.constantFrom(...keys);
  const value = fc.oneof(fc.jsonValue(), fc.record({ TTL: fc.string(), Header: fc.jsonValue() }, { requiredKeys: [] }));
  fc.assert(
    fc.property(fc.dictionary(field, value), (json) => {
      let decoded: unknown;
      try {
        decoded = decodeServiceDefinition(json);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      expect(decodeServiceDefinition(decoded)).toEqual(decoded as never);
    }),
  );
});
