import { expect, test } from "bun:test";
import { validateService } from "../../../../src/agent/local/validate.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { decodeServiceDefinition } from "../../../../src/model/definition.ts";

const meta = (pairs: number) => Object.fromEntries(Array.from({ length: pairs }, (_, i) => [`k${i}`, "1"]));

test.each([
  [{}, "Missing service name"],
  [{ Name: "a", Address: "0.0.0.0" }, "Invalid service address"],
  [{ Name: "a", Address: "[::]" }, "Invalid service address"],
  [{ Name: "a", Weights: {} }, "Invalid Weights: Passing must be greater than 0"],
  [{ Name: "a", Weights: { Passing: 1, Warning: -1 } }, "Invalid Weights: Warning must be greater or equal than 0"],
  [{ Name: "a", Weights: { Passing: 70000 } }, "Invalid Weights: DNS Weight must be between 0 and 65535"],
  [
    { Name: "a", Meta: { "consul-x": "1" } },
    "Invalid Service Meta: Couldn't load metadata pair ('consul-x', '1'): Key prefix 'consul-' is reserved for internal use",
  ],
  [
    { Name: "a", Meta: { "k y": "1" } },
    "Invalid Service Meta: Couldn't load metadata pair ('k y', '1'): Key contains invalid characters",
  ],
  [
    { Name: "a", Meta: { "": "1" } },
    "Invalid Service Meta: Couldn't load metadata pair ('', '1'): Key cannot be blank",
  ],
  [{ Name: "a", Meta: meta(65) }, "Invalid Service Meta: Node metadata cannot contain more than 64 key/value pairs"],
  [{ Name: "a", Check: { Notes: "n" } }, "Invalid check: TTL must be > 0 for TTL checks"],
  [{ Name: "a", Checks: [null] }, "Invalid check: TTL must be > 0 for TTL checks"],
  [{ Name: "a", Check: { TTL: "1s", Interval: "1s" } }, "Invalid check: Interval and TTL cannot both be specified"],
  [{ Name: "a", Check: { HTTP: "x" } }, "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks"],
  [{ Name: "a", Check: { AliasService: "x", TTL: "1s" } }, "Invalid check: TTL must be not be set for Alias checks"],
  [{ Name: "a", Check: { TTL: "1s", OutputMaxSize: -1 } }, "Invalid check: MaxOutputMaxSize must be positive"],
  [{ Name: "a", Check: { TTL: "1s", Status: "foo" } }, "Status for checks must 'passing', 'warning', 'critical'"],
  [
    { Name: "a", Kind: "connect-proxy" },
    "2 errors occurred:\n\t* Proxy.DestinationServiceName must be non-empty for Connect proxy services\n\t* Port must be set for a Connect proxy\n\n",
  ],
  [
    { Name: "a", Kind: "connect-proxy", Port: 1, Proxy: { DestinationServiceName: "x" }, Connect: { Native: true } },
    "1 error occurred:\n\t* A Proxy cannot also be Connect Native, only typical services\n\n",
  ],
  [
    { Name: "a", Connect: { SidecarService: { ID: "zz" } } },
    "1 error occurred:\n\t* A SidecarService cannot specify an ID as this is managed by the agent\n\n",
  ],
  [
    { Name: "a", Connect: { SidecarService: { Connect: { SidecarService: {} } } } },
    "1 error occurred:\n\t* A SidecarService cannot have a nested SidecarService\n\n",
  ],
  [{ Name: "a", Kind: "mesh-gateway" }, "1 error occurred:\n\t* Port must be non-zero for a mesh-gateway\n\n"],
])("agent: %j is refused in Consul's words", (json, text) => {
  expect(() => validateService(decodeServiceDefinition(json))).toThrow(new Refusal(text, 400));
});

test("agent: an empty check, an unknown kind, odd names and ports are accepted, as in Consul", () => {
  for (const json of [
    { Name: "a", Check: {} },
    { Name: "with space", Kind: "foo", Port: -1 },
    { Name: "a", Connect: { Native: true, SidecarService: {} } },
  ]) {
    expect(() => validateService(decodeServiceDefinition(json))).not.toThrow();
  }
});

test("agent: every broken upstream is named, with Consul's words for each", () => {
  const Upstreams = [
    { DestinationName: "y", LocalBindPort: 1 },
    { DestinationName: "z", LocalBindPort: 1 },
    { LocalBindPort: 0 },
    { DestinationType: "foo", DestinationName: "q", LocalBindPort: 2 },
  ];
  const json = { Name: "a", Kind: "connect-proxy", Port: 1, Proxy: { DestinationServiceName: "x", Upstreams } };
  expect(() => validateService(decodeServiceDefinition(json))).toThrow(
    '3 errors occurred:\n\t* upstreams cannot contain duplicates by local bind address and port; "127.0.0.1:1" is specified twice\n' +
      '\t* upstream destination name cannot be empty\n\t* unknown upstream destination type: "foo"\n\n',
  );
});
