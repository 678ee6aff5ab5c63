import { expect, test } from "bun:test";
import { nodeFromAfar, serviceFromAfar, serviceNodeFromAfar } from "../../../src/http/wan-addresses.ts";
import type { Node } from "../../../src/model/node.ts";
import type { NodeService, ServiceNode } from "../../../src/model/service.ts";

const node = (TaggedAddresses: Record<string, string> | null) =>
  nodeFromAfar({ Node: "n", Address: "10.0.0.1", TaggedAddresses } as Node).Address;

test("an IPv6 address goes before an IPv4 one and that before the plain one (observed, Consul 1.8.7)", () => {
  const wan = { wan: "192.0.2.1" };
  const wan4 = { ...wan, wan_ipv4: "192.0.2.2" };
  expect(node(null)).toBe("10.0.0.1");
  expect(node({ lan: "10.0.0.1" })).toBe("10.0.0.1");
  expect(node(wan)).toBe("192.0.2.1");
  expect(node(wan4)).toBe("192.0.2.2");
  expect(node({ ...wan4, wan_ipv6: "2001:db8::1" })).toBe("2001:db8::1");
});

test("an address of the own network serves where none of its family is for others (observed, Consul 1.8.7)", () => {
  expect(node({ lan_ipv4: "10.0.0.88", wan: "192.0.2.8" })).toBe("10.0.0.88");
  expect(node({ lan_ipv6: "2001:db8::9", wan_ipv4: "192.0.2.9" })).toBe("2001:db8::9");
});

test("a service's port goes with its address for others, if it says one", () => {
  const addresses = (Address: string, TaggedAddresses?: NodeService["TaggedAddresses"]) => {
    const service = serviceFromAfar({ Address, Port: 80, TaggedAddresses } as NodeService);
    return `${service.Address}:${service.Port}`;
  };
  expect(addresses("")).toBe(":80");
  expect(addresses("10.9.9.2")).toBe("10.9.9.2:80");
  expect(addresses("", { wan: { Address: "198.51.100.4", Port: 9083 } })).toBe("198.51.100.4:9083");
  expect(addresses("10.9.9.6", { wan: { Address: "198.51.100.6", Port: 0 } })).toBe("198.51.100.6:80");
  expect(addresses("10.9.9.5", { wan_ipv4: { Address: "198.51.100.5", Port: 9084 } })).toBe("198.51.100.5:80");
});

test("in the flat form the node has its address and the service its own", () => {
  const found = serviceNodeFromAfar({
    ...{ Node: "n", Address: "10.0.0.1", TaggedAddresses: { wan: "192.0.2.1" } },
    ...{ ServiceAddress: "10.9.9.1", ServicePort: 80 },
    ServiceTaggedAddresses: { wan: { Address: "198.51.100.1", Port: 81 } },
  } as unknown as ServiceNode);
  expect(found).toMatchObject({ Address: "192.0.2.1", ServiceAddress: "198.51.100.1", ServicePort: 81 });
});
