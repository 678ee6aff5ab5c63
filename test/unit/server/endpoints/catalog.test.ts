import { describe, expect, test } from "bun:test";
import { decodeRegistration } from "../../../../src/model/registration.ts";
import type { TxnOp } from "../../../../src/model/txn.ts";
import { CatalogEndpoint } from "../../../../src/server/endpoints/catalog.ts";
import type { Command } from "../../../../src/state/commands.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function endpoint() {
  const proposed: Command[] = [];
  const clock = new ManualClock();
  const catalog = new CatalogEndpoint({
    propose: (command) => {
      proposed.push(command);
      return Promise.resolve(true);
    },
    clock,
    datacenter: "dc1",
  });
  return { catalog, proposed, clock };
}

const NODE = { Node: "x", Address: "10.0.0.1" };
const proxy = (settings: object, more: object = {}) => ({
  ...NODE,
  Service: {
    Service: "p",
    Kind: "connect-proxy",
    Port: 1,
    Proxy: { DestinationServiceName: "w", ...settings },
    ...more,
  },
});

/** Recorded from Consul 1.8.7. */
const REFUSED: [object, string][] = [
  [{}, "Must provide node"],
  [{ Node: "x" }, "Must provide address if SkipNodeUpdate is not set"],
  [{ ...NODE, ID: "short" }, "Bad node ID: uuid string is wrong length"],
  [{ ...NODE, ID: "zzzzzzzz-0000-0000-0000-000000000001" }, "Bad node ID: encoding/hex: invalid byte: U+007A 'z'"],
  [{ ...NODE, Datacenter: "dc9" }, "No path to datacenter"],
  [{ ...NODE, Service: { ID: "a" } }, "Must provide service name with ID"],
  [{ ...NODE, Service: { Service: "a", Address: "0.0.0.0" } }, "Invalid service address"],
  [{ ...NODE, Service: { Service: "a", Address: "::" } }, "Invalid service address"],
  [
    { ...NODE, Service: { Service: "a", Meta: { "consul-x": "1" } } },
    "failed inserting service: Invalid Service Meta for node x and serviceID a: Couldn't load metadata pair ('consul-x', '1'): Key prefix 'consul-' is reserved for internal use",
  ],
  [
    { ...NODE, Service: { Service: "a", Kind: "connect-proxy" } },
    "2 errors occurred:\n\t* Proxy.DestinationServiceName must be non-empty for Connect proxy services\n\t* Port must be set for a Connect proxy\n\n",
  ],
  [
    { ...NODE, Service: { Service: "a", Kind: "mesh-gateway" } },
    "1 error occurred:\n\t* Port must be non-zero for a mesh-gateway\n\n",
  ],
  [
    proxy({
      Upstreams: [{}, { DestinationName: "x" }, { DestinationName: "x", DestinationType: "zz", LocalBindPort: 1 }],
    }),
    '3 errors occurred:\n\t* upstream destination name cannot be empty\n\t* upstream local bind port cannot be zero\n\t* unknown upstream destination type: "zz"\n\n',
  ],
  [
    proxy({ Expose: { Paths: [{ ListenerPort: 5, Path: "/x", Protocol: "zz" }] } }),
    "1 error occurred:\n\t* protocol 'zz' not supported for path: /x, must be in: [http http2]\n\n",
  ],
  [
    proxy({}, { Connect: { Native: true } }),
    "1 error occurred:\n\t* A Proxy cannot also be Connect Native, only typical services\n\n",
  ],
];

describe("catalog endpoint", () => {
  test.each(REFUSED)("refuses %j before the log, in Consul's words", async (body, text) => {
    const { catalog, proposed } = endpoint();
    await expect(catalog.register(decodeRegistration(body))).rejects.toThrow(text);
    expect(proposed).toEqual([]);
  });

  test("what is proposed is complete: own datacenter, ids from names, the check's type", async () => {
    const { catalog, proposed } = endpoint();
    const Definition = { HTTP: "http://x", Interval: "10s" };
    await catalog.register(
      decodeRegistration({ ...NODE, Service: { Service: "web" }, Check: { Name: "c", Definition } }),
    );
    expect(proposed).toMatchObject([
      {
        type: "catalog.register",
        node: { Node: "x", Datacenter: "dc1" },
        skipNodeUpdate: false,
        service: { ID: "web", Weights: { Passing: 1, Warning: 1 } },
        checks: [{ Node: "x", CheckID: "c", Type: "http", Definition: { Interval: "10s", HTTP: "http://x" } }],
      },
    ]);
  });

  test("a transaction's operations are completed and refused by the same rules", () => {
    const { catalog } = endpoint();
    const node = (Node: object): TxnOp => ({ Node: { Verb: "set", Node: { ...Node } } });
    expect(catalog.prepareOp(node({ Node: "t" }))).toMatchObject({ Node: { Node: { Node: "t", Datacenter: "dc1" } } });
    expect(() => catalog.prepareOp(node({}))).toThrow("Must provide node");
    const service: TxnOp = { Service: { Verb: "set", Node: "t", Service: { Service: "a", Meta: { "": "x" } } } };
    expect(() => catalog.prepareOp(service)).toThrow(
      "Invalid Service Meta for node t and serviceID a: Couldn't load metadata pair ('', 'x'): Key cannot be blank",
    );
  });

  test("deregister needs a node of this datacenter", async () => {
    const { catalog, proposed } = endpoint();
    const none = { Node: "", Datacenter: "", ServiceID: "", CheckID: "" };
    await expect(catalog.deregister(none)).rejects.toThrow("Must provide node");
    await expect(catalog.deregister({ ...none, Node: "x", Datacenter: "dc2" })).rejects.toThrow(
      "No path to datacenter",
    );
    expect(await catalog.deregister({ ...none, Node: "x" })).toBe(true);
    expect(proposed).toEqual([{ type: "catalog.deregister", node: "x", serviceId: "", checkId: "" }]);
  });

  test("what is deregistered on purpose carries its time; what an agent claims to be new goes into the log", async () => {
    const { catalog, proposed, clock } = endpoint();
    await catalog.deregister({ Node: "x", Datacenter: "", ServiceID: "web", CheckID: "", OnPurpose: true });
    const ByOwner = { service: true, checks: ["c"] };
    await catalog.register({ ...decodeRegistration({ ...NODE, Service: { Service: "web" } }), ByOwner });
    await catalog.forgetDeregistered({ nodeId: "id", items: [{ kind: "service", id: "web", index: 7 }] });
    expect(proposed).toMatchObject([
      { type: "catalog.deregister", node: "x", serviceId: "web", onPurpose: { atMs: clock.nowMs() } },
      { type: "catalog.register", byOwner: ByOwner },
      { type: "deregistration.forget", nodeId: "id", items: [{ kind: "service", id: "web", index: 7 }] },
    ]);
  });
});
