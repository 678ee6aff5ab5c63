import { area, dns, http } from "../harness/dsl.ts";
import { counts } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const REGISTER = "PUT /v1/catalog/register";
const register = (id: string, body: Json) => http(`register-${id}`, REGISTER, { body });
const MANY = 60;

const registrations = [
  register("node", {
    Node: "foo",
    Address: "10.5.0.1",
    TaggedAddresses: { wan: "192.0.2.1" },
    NodeMeta: { k1: "v1", "rfc1035-txt": "plain text", "k=2": "a`b=c" },
    Service: { ID: "web-1", Service: "web", Tags: ["primary", "v1"], Port: 8080 },
  }),
  register("second-instance", {
    Node: "bar",
    Address: "10.5.0.2",
    Service: {
      ID: "web-2",
      Service: "web",
      Tags: ["v2"],
      Address: "10.9.9.2",
      Port: 8081,
      Weights: { Passing: 10, Warning: 3 },
    },
    Check: { CheckID: "w", Name: "w", Status: "warning", ServiceID: "web-2" },
  }),
  register("critical-instance", {
    Node: "baz",
    Address: "10.5.0.3",
    Service: { ID: "web-3", Service: "web", Port: 8082 },
    Check: { CheckID: "c", Name: "c", Status: "critical", ServiceID: "web-3" },
  }),
  register("ipv6-node", {
    Node: "six",
    Address: "2001:db8::6",
    Service: { Service: "only6", Port: 6 },
  }),
  register("ipv6-service", {
    Node: "foo6",
    Address: "10.5.0.6",
    Service: { Service: "addr6", Address: "2001:db8::66", Port: 66 },
  }),
  register("named-service", {
    Node: "foo",
    Address: "10.5.0.1",
    SkipNodeUpdate: true,
    Service: { Service: "ext", Address: "www.example.com", Port: 443 },
  }),
  register("service-on-own-name", {
    Node: "foo",
    Address: "10.5.0.1",
    SkipNodeUpdate: true,
    Service: { Service: "inner", Address: "bar.node.consul", Port: 444 },
  }),
  register("named-node", { Node: "cname", Address: "host.example.com", Service: { Service: "cn", Port: 1 } }),
  register("dotted-and-cased", {
    Node: "Foo_Bar",
    Address: "10.5.0.7",
    Service: { Service: "Mixed_Case", Tags: ["Tag_One"], Port: 7 },
  }),
  register("service-with-dot", { Node: "dot", Address: "10.5.0.8", Service: { Service: "a.b", Port: 8 } }),
  register("node-with-critical-check", {
    Node: "sick",
    Address: "10.5.0.9",
    Service: { Service: "onsick", Port: 9 },
    Check: { CheckID: "n", Name: "n", Status: "critical" },
  }),
  register("same-address-twice", {
    Node: "twin",
    Address: "10.5.0.10",
    Service: { ID: "twin-1", Service: "twin", Port: 1 },
  }),
  register("same-address-twice-again", {
    Node: "twin",
    Address: "10.5.0.10",
    Service: { ID: "twin-2", Service: "twin", Port: 2 },
  }),
  http("register-many", "PUT /v1/txn", {
    body: Array.from({ length: 32 }, (_, at): Json => manyOperations(at)).flat(),
  }),
  http("register-many-more", "PUT /v1/txn", {
    body: Array.from({ length: MANY - 32 }, (_, at): Json => manyOperations(at + 32)).flat(),
  }),
  register("native", {
    Node: "foo",
    Address: "10.5.0.1",
    SkipNodeUpdate: true,
    Service: { Service: "nat", Connect: { Native: true }, Port: 3 },
  }),
];

function manyOperations(at: number): Json[] {
  // Names of one length, so that the number of records that fit does not hang on which were chosen.
  const node = `many-${String(at).padStart(2, "0")}`;
  const address = `10.6.0.${at + 1}`;
  return [
    { Node: { Verb: "set", Node: { Node: node, Address: address } } },
    { Service: { Verb: "set", Node: node, Service: { Service: "many", Port: 1000 + at } } },
  ];
}

const NODE_TYPES = ["A", "AAAA", "SRV", "TXT", "ANY", "MX", "CNAME", "SOA", "NS"];

const nodes = [
  ...NODE_TYPES.map((type) => dns(`node-${type.toLowerCase()}`, `${type} foo.node.consul`)),
  ...["A", "AAAA", "ANY"].map((type) => dns(`node-ipv6-${type.toLowerCase()}`, `${type} six.node.consul`)),
  ...["A", "AAAA", "CNAME", "ANY"].map((type) => dns(`node-named-${type.toLowerCase()}`, `${type} cname.node.consul`)),
  dns("node-self", "A n1.node.consul"),
  dns("node-with-datacenter", "A foo.node.dc1.consul"),
  dns("node-datacenter-any-case", "A foo.node.DC1.consul"),
  dns("node-unknown-datacenter", "A foo.node.dc2.consul"),
  dns("node-newer-dc-form", "A foo.node.dc1.dc.consul"),
  dns("node-any-case", "A FoO.NoDe.CoNsUl"),
  dns("node-underscore", "A foo_bar.node.consul"),
  dns("node-unknown", "A none.node.consul"),
  dns("node-label-missing", "A node.consul"),
  dns("node-extra-label", "A x.foo.node.consul"),
  dns("node-sick-still-answers", "A sick.node.consul"),
  dns("node-tcp", "A foo.node.consul", { tcp: true }),
  dns("node-edns", "A foo.node.consul", { ednsBytes: 4096 }),
];

const SERVICE_TYPES = ["A", "AAAA", "SRV", "TXT", "ANY", "MX", "CNAME", "SOA", "NS", "PTR"];

const services = [
  ...SERVICE_TYPES.map((type) => dns(`service-${type.toLowerCase()}`, `${type} web.service.consul`)),
  ...["A", "AAAA", "SRV", "ANY"].map((type) => dns(`only6-${type.toLowerCase()}`, `${type} only6.service.consul`)),
  ...["A", "AAAA", "SRV"].map((type) => dns(`addr6-${type.toLowerCase()}`, `${type} addr6.service.consul`)),
  ...["A", "SRV", "CNAME", "ANY"].map((type) => dns(`named-${type.toLowerCase()}`, `${type} ext.service.consul`)),
  ...["A", "SRV", "AAAA"].map((type) => dns(`inner-${type.toLowerCase()}`, `${type} inner.service.consul`)),
  ...["A", "SRV"].map((type) => dns(`on-named-node-${type.toLowerCase()}`, `${type} cn.service.consul`)),
  dns("consul-a", "A consul.service.consul"),
  dns("consul-srv", "SRV consul.service.consul"),
  dns("service-tag", "A primary.web.service.consul"),
  dns("service-tag-srv", "SRV v2.web.service.consul"),
  dns("service-tag-unknown", "A none.web.service.consul"),
  dns("service-two-tags", "A v1.primary.web.service.consul"),
  dns("service-tag-any-case", "A TAG_ONE.mixed_case.service.consul"),
  dns("service-any-case", "SRV MIXED_case.service.consul"),
  dns("service-datacenter", "A web.service.dc1.consul"),
  dns("service-unknown-datacenter", "A web.service.dc2.consul"),
  dns("service-two-datacenter-labels", "A web.service.x.dc1.consul"),
  dns("service-unknown", "A none.service.consul"),
  dns("service-unknown-srv", "SRV none.service.consul"),
  dns("service-label-missing", "A service.consul"),
  dns("service-with-dot-is-a-tag", "A a.b.service.consul"),
  dns("service-on-sick-node", "A onsick.service.consul"),
  dns("service-twin-a", "A twin.service.consul"),
  dns("service-twin-srv", "SRV twin.service.consul"),
  dns("connect-native", "SRV nat.connect.consul"),
  dns("connect-none", "A web.connect.consul"),
  dns("ingress-none", "A web.ingress.consul"),
  dns("virtual-none", "A web.virtual.consul"),
  dns("query-unknown", "A none.query.consul"),
];

const rfc2782 = [
  dns("rfc2782", "SRV _web._tcp.service.consul"),
  dns("rfc2782-without-service-label", "SRV _web._tcp.consul"),
  dns("rfc2782-tag", "SRV _web._primary.service.consul"),
  dns("rfc2782-tag-unknown", "SRV _web._none.service.consul"),
  dns("rfc2782-udp", "SRV _web._udp.service.consul"),
  dns("rfc2782-datacenter", "SRV _web._tcp.service.dc1.consul"),
  dns("rfc2782-a", "A _web._tcp.service.consul"),
  dns("rfc2782-one-underscore", "SRV _web.service.consul"),
  dns("rfc2782-any-case", "SRV _WEB._TCP.service.consul"),
];

const others = [
  dns("apex-soa", "SOA consul"),
  dns("apex-ns", "NS consul"),
  dns("apex-a", "A consul"),
  dns("apex-any", "ANY consul"),
  dns("apex-soa-any-case", "SOA CONSUL"),
  dns("ns-name", "A ns.consul"),
  dns("unknown-kind", "A web.bogus.consul"),
  dns("only-datacenter", "A dc1.consul"),
  dns("addr-v4", "A 0a050001.addr.consul"),
  dns("addr-v4-aaaa", "AAAA 0a050001.addr.consul"),
  dns("addr-v4-any-case", "A 0A050001.ADDR.consul"),
  dns("addr-v4-datacenter", "A 0a050001.addr.dc1.consul"),
  dns("addr-v6", "AAAA 20010db8000000000000000000000066.addr.consul"),
  dns("addr-v6-a", "A 20010db8000000000000000000000066.addr.consul"),
  dns("addr-odd-length", "A 0a05.addr.consul"),
  dns("addr-not-hex", "A zzzzzzzz.addr.consul"),
  dns("ptr-node", "PTR 1.0.5.10.in-addr.arpa"),
  dns("ptr-service", "PTR 2.9.9.10.in-addr.arpa"),
  dns("ptr-any-type", "ANY 1.0.5.10.in-addr.arpa"),
  dns("ptr-a-type", "A 1.0.5.10.in-addr.arpa"),
  dns("ptr-unknown", "PTR 99.99.99.10.in-addr.arpa"),
  dns("ptr-short", "PTR 5.10.in-addr.arpa"),
  dns("ptr-v6", "PTR 6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"),
  dns("outside-domain", "A www.example.com"),
  dns("outside-domain-edns", "A www.example.com", { ednsBytes: 4096 }),
  dns("outside-domain-tcp", "A www.example.com", { tcp: true }),
  dns("outside-domain-suffix", "A web.service.notconsul"),
  dns("root-ns", "NS ."),
];

const sizes = [
  dns("many-udp", "A many.service.consul", { refine: [counts] }),
  dns("many-udp-srv", "SRV many.service.consul", { refine: [counts] }),
  dns("many-udp-any", "ANY many.service.consul", { refine: [counts] }),
  dns("many-edns-512", "A many.service.consul", { ednsBytes: 512, refine: [counts] }),
  dns("many-edns-600", "A many.service.consul", { ednsBytes: 600, refine: [counts] }),
  dns("many-edns-1232", "A many.service.consul", { ednsBytes: 1232, refine: [counts] }),
  dns("many-edns-1232-srv", "SRV many.service.consul", { ednsBytes: 1232, refine: [counts] }),
  dns("many-edns-4096", "A many.service.consul", { ednsBytes: 4096, refine: [counts] }),
  dns("many-edns-4096-srv", "SRV many.service.consul", { ednsBytes: 4096, refine: [counts] }),
  dns("many-edns-65535-srv", "SRV many.service.consul", { ednsBytes: 65535, refine: [counts] }),
  dns("many-tcp", "A many.service.consul", { tcp: true, refine: [counts] }),
  dns("many-tcp-srv", "SRV many.service.consul", { tcp: true, refine: [counts] }),
  dns("many-tcp-any", "ANY many.service.consul", { tcp: true, refine: [counts] }),
];

const health = [
  http("sicken-foo", REGISTER, {
    body: {
      Node: "foo",
      Address: "10.5.0.1",
      SkipNodeUpdate: true,
      Check: { CheckID: "h", Name: "h", Status: "critical" },
    },
  }),
  dns("critical-node-drops-service", "A web.service.consul"),
  dns("critical-node-drops-tag", "A primary.web.service.consul"),
  dns("critical-node-answers-for-itself", "A foo.node.consul"),
  http("warn-foo", REGISTER, {
    body: {
      Node: "foo",
      Address: "10.5.0.1",
      SkipNodeUpdate: true,
      Check: { CheckID: "h", Name: "h", Status: "warning" },
    },
  }),
  dns("warning-node-keeps-service", "SRV web.service.consul"),
  http("deregister-web-2", "PUT /v1/catalog/deregister", { body: { Node: "bar", ServiceID: "web-2" } }),
  dns("deregistered-instance-gone", "A web.service.consul"),
];

/** DNS with the settings of a fresh agent. */
export const dnsDefault = area("dns", [
  ...registrations,
  ...nodes,
  ...services,
  ...rfc2782,
  ...others,
  ...sizes,
  ...health,
]);
