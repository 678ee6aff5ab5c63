import { area, blocking, http, httpRequest } from "../harness/dsl.ts";
import { anyIndex } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const INDEX = "header:x-consul-index";
const NODES = "GET /v1/internal/ui/nodes";
const SERVICES = "GET /v1/internal/ui/services";
const GATEWAY = "GET /v1/internal/ui/gateway-services-nodes";

const registration = (Node: string, parts: { readonly [key: string]: Json }): Json => ({
  Node,
  Address: "10.0.0.1",
  ...parts,
});
const register = (id: string, Node: string, parts: { readonly [key: string]: Json } = {}) =>
  http(id, "PUT /v1/catalog/register", { body: registration(Node, parts) });
const registering = (Node: string, parts: { readonly [key: string]: Json }) =>
  httpRequest("PUT /v1/catalog/register", { body: registration(Node, parts) });
const check = (CheckID: string, Status: string, more: { readonly [key: string]: Json } = {}): Json => ({
  CheckID,
  Name: CheckID,
  Status,
  ...more,
});

const fresh = [
  http("nodes-at-start", NODES),
  http("node-self", "GET /v1/internal/ui/node/n1"),
  http("node-unknown", "GET /v1/internal/ui/node/none"),
  http("node-missing", "GET /v1/internal/ui/node/"),
  http("node-without-slash", "GET /v1/internal/ui/node"),
  http("services-at-start", SERVICES),
  http("gateway-unknown", `${GATEWAY}/none`),
  http("gateway-missing", `${GATEWAY}/`),
  http("nodes-by-put", "PUT /v1/internal/ui/nodes", { body: {} }),
  http("node-by-delete", "DELETE /v1/internal/ui/node/n1"),
  http("services-by-post", "POST /v1/internal/ui/services", { body: {} }),
  http("options-services", "OPTIONS /v1/internal/ui/services"),
  http("nodes-unknown-datacenter", `${NODES}?dc=nowhere`),
  http("services-unknown-datacenter", `${SERVICES}?dc=nowhere`),
  http("nodes-with-namespace", `${NODES}?ns=x`),
  http("node-with-namespace", "GET /v1/internal/ui/node/n1?ns=x"),
  http("services-with-namespace", `${SERVICES}?ns=x`),
  http("gateway-with-namespace", `${GATEWAY}/x?ns=x`),
  http("nodes-bad-index", `${NODES}?index=x`),
  http("nodes-bad-wait", `${NODES}?index=1&wait=x`),
  http("nodes-trailing-slash", `${NODES}/`),
  http("unknown-route", "GET /v1/internal/ui/nope"),
];

const world = [
  register("a1", "a1", {
    Service: { Service: "web", Port: 80, Tags: [], Meta: { "external-source": "nomad" } },
    Checks: [check("c1", "passing", { ServiceID: "web" }), check("c2", "warning")],
  }),
  register("a2", "a2", {
    Service: { Service: "web", Port: 80, Tags: ["v1", "b", "v1"], Meta: { "external-source": "kubernetes", x: "y" } },
    Check: check("c1", "critical", { ServiceID: "web", Output: "a <b> & c" }),
  }),
  register("a2-proxy", "a2", {
    Service: {
      Kind: "connect-proxy",
      Service: "web-proxy",
      ID: "wp",
      Port: 8080,
      Proxy: { DestinationServiceName: "web" },
    },
    Check: check("wpc", "passing", { ServiceID: "wp" }),
  }),
  register("a3-native", "a3", { Service: { Service: "native", Port: 90, Connect: { Native: true } } }),
  register("a3-second-proxy", "a3", {
    Service: {
      Kind: "connect-proxy",
      Service: "web-proxy",
      ID: "p2",
      Port: 81,
      Proxy: { DestinationServiceName: "api" },
    },
  }),
  register("bare", "Bare"),
  register("k1", "k1", {
    NodeMeta: { rack: "r1" },
    TaggedAddresses: { wan: "1.2.3.4" },
    Check: check("kc", "passing", { ServiceTags: ["x"], Notes: "n" }),
  }),
  register("k1-first", "k1", { NodeMeta: { rack: "r1" }, Service: { ID: "w1", Service: "twice" } }),
  register("k1-second", "k1", {
    NodeMeta: { rack: "r1" },
    Service: { ID: "w2", Service: "twice", Tags: ["z", "a"], Meta: { "external-source": "" } },
    Check: check("wc", "odd", { ServiceID: "w2" }),
  }),
  register("k2-other-case", "k2", { Service: { Service: "Twice", Meta: { "external-source": "nomad" } } }),
  register("g1", "g1", { Service: { Kind: "ingress-gateway", Service: "ing", Port: 8888 } }),
  register("t1", "t1", { Service: { Kind: "terminating-gateway", Service: "term", Port: 9999 } }),
  register("m1", "m1", {
    Service: {
      Kind: "mesh-gateway",
      Service: "mesh",
      Port: 443,
      TaggedAddresses: { wan: { Address: "8.8.8.8", Port: 1 } },
    },
  }),
];

const nodes = [
  http("nodes", NODES),
  http("nodes-bytes", `${NODES}?filter=Node==a2`, { raw: true }),
  http("nodes-pretty", `${NODES}?filter=Node==a1&pretty`, { raw: true }),
  http("nodes-stale", `${NODES}?stale&filter=Node==Bare`),
  http("nodes-consistent", `${NODES}?consistent&filter=Node==Bare`),
  http("nodes-cached", `${NODES}?cached&filter=Node==Bare`),
  http("nodes-own-datacenter", `${NODES}?dc=dc1&filter=Node==Bare`),
  http("nodes-near-is-ignored", `${NODES}?near=a1&filter=Node==Bare`),
  http("nodes-node-meta-is-ignored", `${NODES}?node-meta=rack:r1&filter=Node==Bare`),
  http("nodes-filter-meta", `${NODES}?filter=Meta.rack==r1`),
  http("nodes-filter-nothing", `${NODES}?filter=Node==nobody`),
  http("nodes-filter-nothing-bytes", `${NODES}?filter=Node==nobody`, { raw: true }),
  http("nodes-filter-address", `${NODES}?filter=TaggedAddresses.wan=="1.2.3.4"`),
  http("nodes-filter-service", `${NODES}?filter=Services.Service==native`),
  http("nodes-filter-service-kind", `${NODES}?filter=Services.Kind=="mesh-gateway"`),
  http("nodes-filter-tag", `${NODES}?filter="z"%20in%20Services.Tags`),
  http("nodes-filter-check", `${NODES}?filter=Checks.Status==critical`),
  http("nodes-filter-id", `${NODES}?filter=ID==""%20and%20Node==Bare`),
  http("nodes-filter-datacenter", `${NODES}?filter=Datacenter==dc1`),
  http("nodes-filter-unknown", `${NODES}?filter=Nope==x`),
  http("nodes-filter-unknown-service", `${NODES}?filter=Services.Nope==x`),
  http("nodes-filter-broken", `${NODES}?filter=Node==`),
  http("nodes-filter-empty-services", `${NODES}?filter=Services%20is%20empty`),
  http("node", "GET /v1/internal/ui/node/a2"),
  http("node-bytes", "GET /v1/internal/ui/node/a2", { raw: true }),
  http("node-pretty", "GET /v1/internal/ui/node/Bare?pretty", { raw: true }),
  http("node-any-case", "GET /v1/internal/ui/node/BARE"),
  http("node-by-id-prefix", "GET /v1/internal/ui/node/6d757374"),
  http("node-filter-is-ignored", "GET /v1/internal/ui/node/k1?filter=Node==a1"),
  http("node-bad-filter-is-ignored", "GET /v1/internal/ui/node/k1?filter=Nope==a1"),
  http("node-unknown-datacenter", "GET /v1/internal/ui/node/k1?dc=nowhere"),
  http("node-slash-in-name", "GET /v1/internal/ui/node/a/b"),
];

const services = [
  http("services", SERVICES),
  http("services-bytes", `${SERVICES}?filter=Service.Service==web`, { raw: true }),
  http("services-pretty", `${SERVICES}?filter=Service.Service==web&pretty`, { raw: true }),
  http("services-stale", `${SERVICES}?stale&filter=Service.Service==native`),
  http("services-consistent", `${SERVICES}?consistent&filter=Service.Service==native`),
  http("services-node-meta-is-ignored", `${SERVICES}?node-meta=rack:r1&filter=Service.Service==native`),
  http("services-filter-node", `${SERVICES}?filter=Node.Node==a1`),
  http("services-filter-node-meta", `${SERVICES}?filter=Node.Meta.rack==r1`),
  http("services-filter-kind", `${SERVICES}?filter=Service.Kind==%22connect-proxy%22`),
  http("services-filter-destination", `${SERVICES}?filter=Service.Proxy.DestinationServiceName==web`),
  http("services-filter-tag", `${SERVICES}?filter=b%20in%20Service.Tags`),
  http("services-filter-check", `${SERVICES}?filter=Checks.Status==critical`),
  http("services-filter-meta", `${SERVICES}?filter=Service.Meta[%22external-source%22]==nomad`),
  http("services-filter-native", `${SERVICES}?filter=Service.Connect.Native==true`),
  http("services-filter-nothing", `${SERVICES}?filter=Service.Service==nobody`),
  http("services-filter-nothing-bytes", `${SERVICES}?filter=Service.Service==nobody`, { raw: true }),
  http("services-filter-summary", `${SERVICES}?filter=Name==web`),
  http("services-filter-plain", `${SERVICES}?filter=Kind==x`),
  http("services-filter-broken", `${SERVICES}?filter=((`),
];

const gateways = [
  http("ingress-entry", "PUT /v1/config", {
    body: {
      Kind: "ingress-gateway",
      Name: "ing",
      Listeners: [
        { Port: 8080, Protocol: "tcp", Services: [{ Name: "web" }] },
        { Port: 9090, Protocol: "tcp", Services: [{ Name: "nothere" }] },
      ],
    },
  }),
  http("ingress-services", `${GATEWAY}/ing`),
  http("ingress-services-bytes", `${GATEWAY}/ing`, { raw: true }),
  http("ingress-services-any-case", `${GATEWAY}/ING`),
  http("ingress-services-filter-is-ignored", `${GATEWAY}/ing?filter=Service.Service==nothere`),
  http("ingress-services-bad-filter-is-ignored", `${GATEWAY}/ing?filter=Nope==nothere`),
  http("ingress-services-unknown-datacenter", `${GATEWAY}/ing?dc=nowhere`),
  http("http-entry", "PUT /v1/config", { body: { Kind: "service-defaults", Name: "web", Protocol: "http" } }),
  http("ingress-with-hosts", "PUT /v1/config", {
    body: {
      Kind: "ingress-gateway",
      Name: "ing",
      Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "web", Hosts: ["a.example", "b.example"] }] }],
    },
  }),
  http("ingress-services-hosts", `${GATEWAY}/ing`),
  http("ingress-many-ports", "PUT /v1/config", {
    body: {
      Kind: "ingress-gateway",
      Name: "ing",
      Listeners: [
        { Port: 8080, Protocol: "http", Services: [{ Name: "web" }] },
        { Port: 8081, Protocol: "http", Services: [{ Name: "web" }] },
      ],
    },
  }),
  http("ingress-services-many-ports", `${GATEWAY}/ing`),
  http("terminating-entry", "PUT /v1/config", {
    body: {
      Kind: "terminating-gateway",
      Name: "term",
      Services: [{ Name: "web" }, { Name: "Far" }, { Name: "native" }],
    },
  }),
  http("terminating-services", `${GATEWAY}/term`),
  http("terminating-wildcard", "PUT /v1/config", {
    body: { Kind: "terminating-gateway", Name: "term", Services: [{ Name: "*" }] },
  }),
  http("terminating-wildcard-services", `${GATEWAY}/term`),
  http("services-with-gateways", SERVICES, { refine: [anyIndex] }),
];

const waits = [
  http("nodes-before", NODES, { capture: { nodes: INDEX } }),
  blocking("nodes-time-out", `${NODES}?index=@{nodes}&wait=300ms`, { compareTo: ["nodes"] }),
  blocking("nodes-woken-by-check", `${NODES}?index=@{nodes}&wait=10s`, {
    meanwhile: [registering("a1", { Check: check("c2", "critical") })],
    compareTo: ["nodes"],
  }),
  http("node-before", "GET /v1/internal/ui/node/a1", { capture: { node: INDEX } }),
  blocking("node-woken-by-service", "GET /v1/internal/ui/node/a1?index=@{node}&wait=10s", {
    meanwhile: [registering("a1", { Service: { Service: "more", Port: 1 } })],
    compareTo: ["node"],
  }),
  http("services-before", SERVICES, { capture: { services: INDEX } }),
  blocking("services-time-out", `${SERVICES}?index=@{services}&wait=300ms`, { compareTo: ["services"] }),
  blocking("services-woken-by-tag", `${SERVICES}?index=@{services}&wait=10s`, {
    meanwhile: [registering("a1", { Service: { Service: "more", Port: 1, Tags: ["t"] } })],
    compareTo: ["services"],
  }),
  http("gateway-before", `${GATEWAY}/ing`, { capture: { gateway: INDEX } }),
  blocking("gateway-woken-by-instance", `${GATEWAY}/ing?index=@{gateway}&wait=10s`, {
    meanwhile: [registering("a9", { Service: { Service: "web", Port: 2 } })],
    compareTo: ["gateway"],
  }),
  http("gone", "PUT /v1/catalog/deregister", { body: { Node: "a1" } }),
  http("node-gone", "GET /v1/internal/ui/node/a1"),
];

/** What Consul's web UI reads. */
export const internalUi = area("internal-ui", [...fresh, ...world, ...nodes, ...services, ...gateways, ...waits]);

/** The names by which an ingress gateway is reached hang on the configuration. */
export const internalUiDomains = area(
  "internal-ui-domains",
  [
    register("web", "a1", { Service: { Service: "web", Port: 80 } }),
    http("entry", "PUT /v1/config", {
      body: { Kind: "ingress-gateway", Name: "ing", Listeners: [{ Port: 8080, Services: [{ Name: "web" }] }] },
    }),
    http("addresses", `${GATEWAY}/ing`),
    http("addresses-of-named-datacenter", `${GATEWAY}/ing?dc=other`),
  ],
  { domain: "Example.Org", alt_domain: "alt.test.", datacenter: "other" },
);
