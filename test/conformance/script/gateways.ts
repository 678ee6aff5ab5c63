import { area, blocking, dns, http, httpRequest } from "../harness/dsl.ts";
import { anyIndex, pick } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const INDEX = "header:x-consul-index";
const CONFIG = "PUT /v1/config";
const ING = "GET /v1/catalog/gateway-services/ing";
const TERM = "GET /v1/catalog/gateway-services/term";

const registration = (Node: string, Service: Json, more: { readonly [key: string]: Json } = {}): Json => ({
  Node,
  Address: "10.0.0.1",
  Service,
  ...more,
});
const register = (id: string, body: Json) => http(id, "PUT /v1/catalog/register", { body });
const registering = (body: Json) => httpRequest("PUT /v1/catalog/register", { body });
const deregister = (id: string, body: Json) => http(id, "PUT /v1/catalog/deregister", { body });
const configured = (id: string, body: Json) => http(id, CONFIG, { body });
const configuring = (body: Json) => httpRequest(CONFIG, { body });

const ingress = (...Listeners: Json[]): Json => ({ Kind: "ingress-gateway", Name: "ing", Listeners });
const listener = (Port: number, Protocol: string, ...services: (string | Json)[]): Json => ({
  Port,
  Protocol,
  Services: services.map((service) => (typeof service === "string" ? { Name: service } : service)),
});
const terminating = (...Services: Json[]): Json => ({ Kind: "terminating-gateway", Name: "term", Services });

const none = [
  http("unknown", "GET /v1/catalog/gateway-services/none"),
  http("unknown-bytes", "GET /v1/catalog/gateway-services/none", { raw: true }),
  http("missing-name", "GET /v1/catalog/gateway-services/"),
  http("without-slash", "GET /v1/catalog/gateway-services"),
  http("by-put", "PUT /v1/catalog/gateway-services/ing", { body: {} }),
  http("unknown-datacenter", "GET /v1/catalog/gateway-services/ing?dc=nowhere"),
  http("with-namespace", "GET /v1/catalog/gateway-services/ing?ns=x"),
  http("ingress-unknown", "GET /v1/health/ingress/none"),
  http("ingress-missing", "GET /v1/health/ingress/"),
  http("ingress-bad-passing", "GET /v1/health/ingress/web?passing=x"),
  http("ingress-unknown-datacenter", "GET /v1/health/ingress/web?dc=nowhere"),
  http("ingress-with-namespace", "GET /v1/health/ingress/web?ns=x"),
  dns("dns-ingress-nothing", "A web.ingress.consul"),
  blocking("unknown-times-out", "GET /v1/catalog/gateway-services/none?index=1000000&wait=200ms"),
];

const services = [
  register("web-on-a1", registration("a1", { Service: "web", Port: 80, Tags: ["v1"] })),
  register("web-on-a2", registration("a2", { Service: "web", Port: 80 })),
  register("db-on-a1", registration("a1", { Service: "db", Port: 5432 })),
  register("native-on-a1", registration("a1", { Service: "native", Port: 90, Connect: { Native: true } })),
  register(
    "proxy-on-a2",
    registration("a2", {
      Kind: "connect-proxy",
      Service: "web-proxy",
      Port: 8080,
      Proxy: { DestinationServiceName: "web" },
    }),
  ),
  register("ingress-on-g1", registration("g1", { Kind: "ingress-gateway", Service: "ing", Port: 8888 })),
  register(
    "ingress-on-g2",
    registration(
      "g2",
      { Kind: "ingress-gateway", Service: "ing", Port: 8888, Address: "10.0.0.22", Tags: ["edge"], Meta: { k: "v" } },
      { Check: { CheckID: "gc", Name: "gc", Status: "warning", ServiceID: "ing" } },
    ),
  ),
  register("terminating-on-t1", registration("t1", { Kind: "terminating-gateway", Service: "term", Port: 9999 })),
  http("registered-but-not-configured", ING),
  http("ingress-not-configured", "GET /v1/health/ingress/web"),
];

const entries = [
  configured("entry", ingress(listener(8080, "tcp", "web"))),
  http("of-entry", ING, { capture: { ing: INDEX } }),
  http("of-entry-bytes", ING, { raw: true }),
  http("of-entry-pretty", `${ING}?pretty`, { raw: true }),
  http("gateway-any-case", "GET /v1/catalog/gateway-services/ING"),
  http("filter-does-nothing", `${ING}?filter=Port==1`),
  http("bad-filter-does-nothing", `${ING}?filter=Nope==1`),
  http("stale", `${ING}?stale`),
  http("consistent", `${ING}?consistent`),
  http("cached", `${ING}?cached`),
  http("has-own-datacenter", `${ING}?dc=dc1`),
  http("ingress", "GET /v1/health/ingress/web"),
  http("ingress-bytes", "GET /v1/health/ingress/web", { raw: true }),
  http("ingress-any-case", "GET /v1/health/ingress/WEB"),
  http("ingress-passing", "GET /v1/health/ingress/web?passing"),
  http("ingress-with-a-tag-of-the-service", "GET /v1/health/ingress/web?tag=v1"),
  http("ingress-with-a-tag-of-the-gateway", "GET /v1/health/ingress/web?tag=edge"),
  http("ingress-node-meta", "GET /v1/health/ingress/web?node-meta=a:b"),
  http("ingress-filter", "GET /v1/health/ingress/web?filter=Service.Meta.k==v"),
  http("ingress-filter-bad", "GET /v1/health/ingress/web?filter=Nope==v"),
  http("ingress-of-another-service", "GET /v1/health/ingress/db"),
  http("ingress-of-the-gateway", "GET /v1/health/ingress/ing"),
  dns("dns-ingress-srv", "SRV web.ingress.consul"),
  dns("dns-ingress-a", "A web.ingress.consul"),
  dns("dns-ingress-any-case", "A WEB.Ingress.consul"),
  dns("dns-ingress-datacenter", "SRV web.ingress.dc1.consul"),
  dns("dns-ingress-other-datacenter", "A web.ingress.nowhere.consul"),
  dns("dns-ingress-tag-is-ignored", "A v1.web.ingress.consul"),
  dns("dns-ingress-aaaa", "AAAA web.ingress.consul"),
  dns("dns-ingress-other-service", "A db.ingress.consul"),
  configured("entry-again", ingress(listener(8080, "tcp", "web"))),
  http("same-listeners-keep-indexes", ING, { compareTo: ["ing"] }),
  configured("entry-of-ports", {
    ...(ingress(
      listener(80, "tcp", "web"),
      listener(9000, "tcp", "web"),
      listener(70, "tcp", "web"),
      listener(300, "TCP", "web"),
      listener(443, "", "web"),
      listener(10000, "tcp", "Zed"),
      listener(10001, "tcp", "api"),
    ) as object),
  }),
  http("order-of-services-and-ports", ING),
  http("ingress-once-for-many-ports", "GET /v1/health/ingress/web"),
  configured("http-defaults", { Kind: "service-defaults", Name: "api", Protocol: "http" }),
  configured(
    "entry-with-hosts",
    ingress(listener(8080, "http", { Name: "api", Hosts: ["a.example", "b.example:80"] })),
  ),
  http("hosts", ING),
  http("ingress-of-what-left", "GET /v1/health/ingress/web", { refine: [anyIndex] }),
  dns("dns-ingress-of-what-left", "A web.ingress.consul"),
  http("delete-defaults-refused", "DELETE /v1/config/service-defaults/api"),
];

const followed = [
  configured("linked", terminating({ Name: "db", CAFile: "ca.pem", CertFile: "c.pem", KeyFile: "k.pem", SNI: "db.x" })),
  http("of-terminating", TERM, { capture: { term: INDEX } }),
  http("connect-has-gateway", "GET /v1/catalog/connect/db"),
  http("health-connect-has-gateway", "GET /v1/health/connect/db"),
  http("health-connect-any-case", "GET /v1/health/connect/DB"),
  http("health-connect-passing", "GET /v1/health/connect/db?passing"),
  http("connect-not-linked", "GET /v1/health/connect/native"),
  http("connect-of-the-gateway-itself", "GET /v1/health/connect/term"),
  dns("dns-connect-has-gateway", "SRV db.connect.consul"),
  configured("linked-unknown", terminating({ Name: "db" }, { Name: "nothere" }, { Name: "web" })),
  http("of-unknown-service", TERM),
  http("connect-of-unknown-service", "GET /v1/health/connect/nothere"),
  http("connect-proxies-first", "GET /v1/catalog/connect/web"),
  http("health-connect-proxies-first", "GET /v1/health/connect/web"),
  http("connect-ignores-tags", "GET /v1/health/connect/web?tag=none"),
  http("catalog-connect-ignores-tags", "GET /v1/catalog/connect/web?tag=none"),
  http("connect-node-meta", "GET /v1/health/connect/web?node-meta=a:b"),
  register("a-second-gateway", registration("t0", { Kind: "terminating-gateway", Service: "aterm", Port: 9998 })),
  configured("linked-by-two", {
    Kind: "terminating-gateway",
    Name: "aterm",
    Services: [{ Name: "web", SNI: "two" }],
  }),
  http("connect-of-two", "GET /v1/health/connect/web"),
  http("delete-second", "DELETE /v1/config/terminating-gateway/aterm"),
  http("of-second", "GET /v1/catalog/gateway-services/aterm"),
  http("connect-of-one-again", "GET /v1/health/connect/web", { refine: [anyIndex] }),
];

const wildcards = [
  configured("all", terminating({ Name: "*", CAFile: "wild.pem" }, { Name: "db", CAFile: "own.pem" })),
  http("all-listed", TERM, { capture: { all: INDEX } }),
  http("wildcard-is-no-gateway", "GET /v1/catalog/gateway-services/*"),
  http("connect-by-wildcard", "GET /v1/health/connect/native"),
  register("new-service", registration("a1", { Service: "new", Port: 1 })),
  http("new-service-listed", TERM, { compareTo: ["all"], capture: { withNew: INDEX } }),
  register("second-instance", registration("a1", { ID: "new2", Service: "new", Port: 2 })),
  http("second-instance-moves-nothing", TERM, { compareTo: ["withNew"] }),
  register(
    "proxy-is-not-followed",
    registration("a1", { Kind: "connect-proxy", Service: "np", Port: 3, Proxy: { DestinationServiceName: "new" } }),
  ),
  http("proxy-not-listed", TERM, { compareTo: ["withNew"] }),
  deregister("first-leaves", { Node: "a1", ServiceID: "new" }),
  http("still-listed", TERM, { compareTo: ["withNew"] }),
  deregister("last-leaves", { Node: "a1", ServiceID: "new2" }),
  http("gone", TERM, { compareTo: ["withNew"] }),
  register("explicit-again", registration("a1", { Service: "db", Port: 5433 })),
  http("explicit-stays", TERM),
  deregister("explicit-leaves", { Node: "a1", ServiceID: "db" }),
  http("explicit-stays-without-instance", TERM),
  deregister("node-leaves", { Node: "a2" }),
  http("after-node-left", TERM),
];

const protocols = [
  configured("ingress-all", ingress(listener(8080, "http", "*"), listener(9090, "tcp", "db"))),
  http("ingress-all-of-its-protocol", ING),
  http("ingress-by-wildcard-whatever-protocol", "GET /v1/health/ingress/web"),
  configured("web-is-http", { Kind: "service-defaults", Name: "web", Protocol: "HTTP" }),
  http("web-follows", ING),
  configured("all-are-http", { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } }),
  http("all-follow", ING),
  configured("all-are-http-any-case", { Kind: "proxy-defaults", Name: "global", Config: { Protocol: "HTTP" } }),
  http("all-follow-any-case", ING),
  configured("native-is-grpc", { Kind: "service-defaults", Name: "native", Protocol: "grpc" }),
  http("native-goes", ING),
  http("delete-global", "DELETE /v1/config/proxy-defaults/global"),
  http("all-but-web-go", ING),
];

const waits = [
  configured("wait-entry", ingress(listener(8080, "http", "web"))),
  http("wait-before", ING, { capture: { w1: INDEX } }),
  blocking("wait-times-out", `${ING}?index=@{w1}&wait=300ms`, { compareTo: ["w1"] }),
  blocking("woken-by-entry", `${ING}?index=@{w1}&wait=10s`, {
    meanwhile: [configuring(ingress(listener(8081, "http", "web")))],
    compareTo: ["w1"],
  }),
  http("wait-ingress-before", "GET /v1/health/ingress/web", { capture: { w2: INDEX } }),
  blocking("ingress-woken-by-gateway", "GET /v1/health/ingress/web?index=@{w2}&wait=10s", {
    meanwhile: [registering(registration("g3", { Kind: "ingress-gateway", Service: "ing", Port: 8888 }))],
    compareTo: ["w2"],
  }),
  http("wait-connect-before", "GET /v1/health/connect/native", { capture: { w3: INDEX } }),
  blocking("connect-woken-by-gateways-check", "GET /v1/health/connect/native?index=@{w3}&wait=10s", {
    meanwhile: [
      httpRequest("PUT /v1/catalog/register", {
        body: {
          Node: "t1",
          Address: "10.0.0.1",
          Check: { CheckID: "tc", Name: "tc", Status: "critical", ServiceID: "term" },
        },
      }),
    ],
    compareTo: ["w3"],
  }),
  http("wait-term-before", TERM, { capture: { w4: INDEX } }),
  blocking("woken-by-service", `${TERM}?index=@{w4}&wait=10s`, {
    meanwhile: [registering(registration("a1", { Service: "later", Port: 1 }))],
    compareTo: ["w4"],
  }),
];

const ends = [
  http("delete-ingress", "DELETE /v1/config/ingress-gateway/ing"),
  http("none-of-ingress", ING),
  http("delete-terminating", "DELETE /v1/config/terminating-gateway/term"),
  http("none-of-terminating", TERM),
  http("connect-without-gateway", "GET /v1/health/connect/native", { refine: [anyIndex] }),
  register("service-after", registration("a1", { Service: "after", Port: 1 })),
  http("nothing-follows", TERM),
  http("services-unchanged", "GET /v1/catalog/services", { refine: [pick("after", "web")] }),
];

/** What gateways stand before, by config entries and by what is registered. */
export const gateways = area("gateways", [
  ...none,
  ...services,
  ...entries,
  ...followed,
  ...wildcards,
  ...protocols,
  ...waits,
  ...ends,
]);
