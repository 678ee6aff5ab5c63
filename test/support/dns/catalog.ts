/**
 * The catalog behind the recorded DNS cases: the same registrations seed the real Consul when the cases are recorded
 * and the fake source when they are replayed.
 */
export interface Registration {
  readonly Node: string;
  readonly Address: string;
  readonly TaggedAddresses?: Record<string, string>;
  readonly NodeMeta?: Record<string, string>;
  readonly Service?: {
    readonly ID?: string;
    readonly Service: string;
    readonly Kind?: string;
    readonly Address?: string;
    readonly Port?: number;
    readonly Tags?: string[];
    readonly Weights?: { Passing: number; Warning: number };
    readonly TaggedAddresses?: Record<string, { Address: string; Port: number }>;
    readonly Proxy?: { DestinationServiceName: string };
    readonly Connect?: { Native: boolean };
  };
  readonly Checks?: { Name: string; CheckID: string; Status: string; ServiceID?: string }[];
}

const NODES: Registration[] = [
  { Node: "plain", Address: "10.0.0.1" },
  {
    Node: "meta",
    Address: "10.0.0.2",
    NodeMeta: { k1: "v1", "rfc1035-t": "some text", "a=b": "c", " lead  ": "a`b", sp: 'q"uote' },
  },
  { Node: "six", Address: "2001:db8::6" },
  { Node: "hosted", Address: "host.example.com" },
  { Node: "inside", Address: "plain.node.consul" },
  { Node: "dotted.node", Address: "10.0.0.4" },
  { Node: "Mixed-Case_Name", Address: "10.0.0.5" },
  { Node: "sick", Address: "10.0.0.6", Checks: [{ Name: "disk", CheckID: "disk", Status: "critical" }] },
  {
    Node: "dual",
    Address: "10.0.0.7",
    TaggedAddresses: { lan_ipv4: "10.0.0.7", lan_ipv6: "2001:db8::7", wan: "198.51.100.7" },
  },
];

const WEB: Registration[] = Array.from({ length: 10 }, (_, i) => ({
  Node: `web-${i}`,
  Address: `10.1.0.${i + 1}`,
  Service: { ID: `web${i}`, Service: "web", Port: 8000 + i },
}));

const WIDE: Registration[] = Array.from({ length: 300 }, (_, i) => ({
  Node: `wide-${Math.floor(i / 100)}`,
  Address: `10.2.0.${Math.floor(i / 100) + 1}`,
  Service: { ID: `wide${i}`, Service: "wide", Address: `10.3.${Math.floor(i / 200)}.${(i % 200) + 1}`, Port: 9000 + i },
}));

const API: Registration[] = [
  {
    Node: "plain",
    Address: "10.0.0.1",
    Service: { ID: "api1", Service: "api", Port: 8000, Tags: ["v1", "A.b"], Weights: { Passing: 10, Warning: 3 } },
    Checks: [{ Name: "api", CheckID: "api1", Status: "passing", ServiceID: "api1" }],
  },
  {
    Node: "meta",
    Address: "10.0.0.2",
    Service: { ID: "api2", Service: "api", Address: "10.9.9.2", Port: 8001, Weights: { Passing: 9, Warning: 2 } },
    Checks: [{ Name: "api", CheckID: "api2", Status: "warning", ServiceID: "api2" }],
  },
  {
    Node: "meta",
    Address: "10.0.0.2",
    Service: { ID: "api3", Service: "api", Port: 8002, Tags: ["gone"] },
    Checks: [{ Name: "api", CheckID: "api3", Status: "critical", ServiceID: "api3" }],
  },
  { Node: "sick", Address: "10.0.0.6", Service: { ID: "api4", Service: "api", Port: 8003, Tags: ["sick"] } },
];

const SINGLES: Registration[] = [
  { Node: "six", Address: "2001:db8::6", Service: { Service: "only6", Port: 600 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "addr6", Address: "2001:db8::99", Port: 601 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "ext", Address: "www.example.com", Port: 80 } },
  { Node: "hosted", Address: "host.example.com", Service: { Service: "exthost", Port: 81 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "chase", Address: "meta.node.consul", Port: 82 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "chase-alt", Address: "meta.node.alt.test", Port: 82 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "chase-svc", Address: "solo.service.consul", Port: 83 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "loop", Address: "loop2.service.consul", Port: 84 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "loop2", Address: "loop.service.consul", Port: 85 } },
  {
    Node: "plain",
    Address: "10.0.0.1",
    Service: { Service: "selfname", Address: "selfname.service.consul", Port: 86 },
  },
  { Node: "meta", Address: "10.0.0.2", Service: { Service: "solo", Port: 87, Tags: ["udp", "x"] } },
  {
    Node: "plain",
    Address: "10.0.0.1",
    Service: { ID: "mixext1", Service: "mixext", Address: "www.example.com", Port: 1 },
  },
  { Node: "meta", Address: "10.0.0.2", Service: { ID: "mixext2", Service: "mixext", Port: 2 } },
  {
    Node: "plain",
    Address: "10.0.0.1",
    Service: { ID: "twoext1", Service: "twoext", Address: "same.example.com", Port: 1 },
  },
  {
    Node: "meta",
    Address: "10.0.0.2",
    Service: { ID: "twoext2", Service: "twoext", Address: "same.example.com", Port: 2 },
  },
  { Node: "plain", Address: "10.0.0.1", Service: { ID: "twin1", Service: "twin", Port: 70 } },
  { Node: "plain", Address: "10.0.0.1", Service: { ID: "twin2", Service: "twin", Port: 71 } },
  { Node: "plain", Address: "10.0.0.1", Service: { ID: "twin3", Service: "twin", Port: 71 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "UpperCase", Port: 72 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "mixed.name", Port: 73 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "_under", Port: 74 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "sameaddr", Address: "10.0.0.1", Port: 78 } },
  { Node: "Mixed-Case_Name", Address: "10.0.0.5", Service: { Service: "onmixed", Port: 79 } },
  { Node: "inside", Address: "plain.node.consul", Service: { Service: "oninside", Port: 79 } },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "dotname", Address: "www.example.com.", Port: 80 } },
  { Node: "dual", Address: "10.0.0.7", Service: { Service: "dualnode", Port: 75 } },
  {
    Node: "dual",
    Address: "10.0.0.7",
    Service: {
      Service: "dualsvc",
      Address: "10.8.0.1",
      Port: 76,
      TaggedAddresses: {
        lan_ipv4: { Address: "10.8.0.1", Port: 76 },
        lan_ipv6: { Address: "2001:db8::8:1", Port: 77 },
      },
    },
  },
  { Node: "web-0", Address: "10.1.0.1", Service: { Service: "web-api", Port: 90 } },
  { Node: "web-0", Address: "10.1.0.1", Service: { Service: "webby", Port: 91 } },
  {
    Node: "plain",
    Address: "10.0.0.1",
    Service: { Service: "web-proxy", Kind: "connect-proxy", Port: 20000, Proxy: { DestinationServiceName: "web" } },
  },
  { Node: "plain", Address: "10.0.0.1", Service: { Service: "native", Port: 92, Connect: { Native: true } } },
];

const LONG = "l".repeat(60);
const LONGS: Registration[] = Array.from({ length: 8 }, (_, i) => ({
  Node: `${LONG}-${i}`,
  Address: `10.4.0.${i + 1}`,
  NodeMeta: { text: "m".repeat(180) },
  Service: { ID: `long${i}`, Service: "long", Port: 100 + i },
}));

/** Every registration, in the order in which it is made. */
export const REGISTRATIONS: readonly Registration[] = [...NODES, ...WEB, ...WIDE, ...API, ...SINGLES, ...LONGS];

/** The body that registers `registration` without wiping what an earlier one said of the same node. */
export function registrationBody(registration: Registration): Registration {
  const first = REGISTRATIONS.find((other) => other.Node === registration.Node);
  const tagged = registration.TaggedAddresses ?? first?.TaggedAddresses;
  const meta = registration.NodeMeta ?? first?.NodeMeta;
  return {
    Node: registration.Node,
    Address: registration.Address,
    ...(tagged && { TaggedAddresses: tagged }),
    ...(meta && { NodeMeta: meta }),
    ...(registration.Service && { Service: registration.Service }),
    ...(registration.Checks && { Checks: registration.Checks }),
  };
}
