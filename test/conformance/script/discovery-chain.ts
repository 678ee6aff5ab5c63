import { area, blocking, http, httpRequest } from "../harness/dsl.ts";
import { anyIndex } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const CLUSTER_ID = "11111111-2222-3333-4444-555555555555";
const PUT = "PUT /v1/config";
const WEB = "/v1/discovery-chain/web";

const put = (id: string, body: Json) => http(id, PUT, { body });
const allProxies = (protocol: string, more: { [key: string]: Json } = {}): Json => ({
  ...{ Kind: "proxy-defaults", Name: "global", Config: { protocol } },
  ...more,
});

const nothingKnown = [
  http("default", `GET ${WEB}`),
  http("default-bytes", `GET ${WEB}`, { raw: true }),
  http("default-pretty", `GET ${WEB}?pretty`, { raw: true }),
  http("name-missing", "GET /v1/discovery-chain/"),
  http("name-missing-without-slash", "GET /v1/discovery-chain"),
  http("name-with-slash", "GET /v1/discovery-chain/a/b"),
  http("name-with-escaped-slash", "GET /v1/discovery-chain/a%2Fb"),
  http("name-with-dots", "GET /v1/discovery-chain/a.b"),
  http("name-in-capitals", "GET /v1/discovery-chain/WEB"),
  http("name-with-space", "GET /v1/discovery-chain/a%20b"),
  http("other-datacenter", `GET ${WEB}?compile-dc=dc2`),
  http("other-datacenter-in-capitals", `GET ${WEB}?compile-dc=DC2`),
  http("other-datacenter-empty", `GET ${WEB}?compile-dc=`),
  http("other-datacenter-twice", `GET ${WEB}?compile-dc=dc2&compile-dc=dc3`),
  http("asked-elsewhere", `GET ${WEB}?dc=dc2`),
  http("asked-here", `GET ${WEB}?dc=dc1`),
  http("namespace", `GET ${WEB}?ns=foo`),
  http("namespace-header", `GET ${WEB}`, { headers: { "X-Consul-Namespace": "foo" } }),
  http("stale", `GET ${WEB}?stale`),
  http("consistent", `GET ${WEB}?consistent`),
  http("stale-and-consistent", `GET ${WEB}?stale&consistent`),
  http("bad-index", `GET ${WEB}?index=x`),
  http("bad-wait", `GET ${WEB}?wait=x`),
  http("bad-max-stale", `GET ${WEB}?max_stale=x`),
  http("filter-is-ignored", `GET ${WEB}?filter=bogus`),
  http("cached-first", "GET /v1/discovery-chain/kept?cached"),
  http("cached-again", "GET /v1/discovery-chain/kept?cached"),
  http("cached-and-consistent", `GET ${WEB}?cached&consistent`),
  http("put", `PUT ${WEB}`),
  http("delete", `DELETE ${WEB}`),
  http("options", `OPTIONS ${WEB}`),
];

const overrides = [
  http("post-empty-object", `POST ${WEB}`, { body: {} }),
  http("post-null", `POST ${WEB}`, { body: "null" }),
  http("post-nothing", `POST ${WEB}`),
  http("post-not-json", `POST ${WEB}`, { body: "nope" }),
  http("post-cut", `POST ${WEB}`, { body: "{" }),
  http("post-list", `POST ${WEB}`, { body: [] }),
  http("post-text", `POST ${WEB}`, { body: '"x"' }),
  http("post-number", `POST ${WEB}`, { body: "3" }),
  http("post-switch", `POST ${WEB}`, { body: "true" }),
  http("post-other-keys", `POST ${WEB}`, { body: { Bogus: 1, OverrideProtocols: "x" } }),
  http("protocol", `POST ${WEB}`, { body: { OverrideProtocol: "http" } }),
  http("protocol-in-capitals", `POST ${WEB}`, { body: { OverrideProtocol: "HTTP" } }),
  http("protocol-unknown", `POST ${WEB}`, { body: { OverrideProtocol: "bogus" } }),
  http("protocol-as-it-is", `POST ${WEB}`, { body: { OverrideProtocol: "tcp" } }),
  http("protocol-null", `POST ${WEB}`, { body: { OverrideProtocol: null } }),
  http("protocol-number", `POST ${WEB}`, { body: { OverrideProtocol: 1 } }),
  http("protocol-switch", `POST ${WEB}`, { body: { OverrideProtocol: true } }),
  http("protocol-list-of-one", `POST ${WEB}`, { body: { OverrideProtocol: ["grpc"] } }),
  http("protocol-list", `POST ${WEB}`, { body: { OverrideProtocol: ["a", "b"] } }),
  http("protocol-object", `POST ${WEB}`, { body: { OverrideProtocol: {} } }),
  http("keys-in-lower-case", `POST ${WEB}`, { body: { overrideprotocol: "http" } }),
  http("keys-with-underlines", `POST ${WEB}`, { body: { override_protocol: "http", override_connect_timeout: "7s" } }),
  http("timeout", `POST ${WEB}`, { body: { OverrideConnectTimeout: "7s" } }),
  http("timeout-number", `POST ${WEB}`, { body: { OverrideConnectTimeout: 7000000000 } }),
  http("timeout-fraction", `POST ${WEB}`, { body: { OverrideConnectTimeout: 1.5 } }),
  http("timeout-as-it-is", `POST ${WEB}`, { body: { OverrideConnectTimeout: "5s" } }),
  http("timeout-negative", `POST ${WEB}`, { body: { OverrideConnectTimeout: "-5s" } }),
  http("timeout-bad", `POST ${WEB}`, { body: { OverrideConnectTimeout: "x" } }),
  http("timeout-without-unit", `POST ${WEB}`, { body: { OverrideConnectTimeout: "7" } }),
  http("timeout-object", `POST ${WEB}`, { body: { OverrideConnectTimeout: {} } }),
  http("gateway-here", `POST ${WEB}`, { body: { OverrideMeshGateway: { Mode: "local" } } }),
  http("gateway-elsewhere", `POST ${WEB}?compile-dc=dc2`, { body: { OverrideMeshGateway: { Mode: "local" } } }),
  http("gateway-none", `POST ${WEB}?compile-dc=dc2`, { body: { OverrideMeshGateway: { mode: "none" } } }),
  http("gateway-bad-mode", `POST ${WEB}`, { body: { OverrideMeshGateway: { Mode: "bogus" } } }),
  http("gateway-default-mode", `POST ${WEB}`, { body: { OverrideMeshGateway: { Mode: "default" } } }),
  http("gateway-text", `POST ${WEB}`, { body: { OverrideMeshGateway: "local" } }),
  http("gateway-list", `POST ${WEB}`, { body: { OverrideMeshGateway: [] } }),
  http("several-faults", `POST ${WEB}`, {
    body: { OverrideMeshGateway: 1, OverrideProtocol: {}, OverrideConnectTimeout: "x" },
  }),
  http("all-together", `POST ${WEB}?compile-dc=dc2`, {
    body: { OverrideMeshGateway: { Mode: "remote" }, OverrideProtocol: "grpc", OverrideConnectTimeout: "1m" },
  }),
  http("post-name-missing", "POST /v1/discovery-chain/", { body: {} }),
  http("post-bad-index", `POST ${WEB}?index=x`, { body: {} }),
  http("post-stale", `POST ${WEB}?stale`, { body: {} }),
  http("post-namespace", `POST ${WEB}?ns=x`, { body: {} }),
];

const v1v2: Json = { v1: { Filter: "Service.Meta.version == v1" }, v2: { OnlyPassing: true } };
const SPLITTER: Json = {
  ...{ Kind: "service-splitter", Name: "web" },
  Splits: [
    { Weight: 80, ServiceSubset: "v1" },
    { Weight: 15, ServiceSubset: "v2" },
    { Weight: 5, Service: "canary" },
  ],
};
const ROUTER: Json = {
  ...{ Kind: "service-router", Name: "web" },
  Routes: [
    {
      Match: {
        HTTP: {
          PathPrefix: "/admin",
          Header: [{ Name: "x-debug", Exact: "1" }],
          QueryParam: [{ Name: "q", Present: true }],
          Methods: ["get"],
        },
      },
      Destination: {
        ...{ Service: "admin", PrefixRewrite: "/", RequestTimeout: "90s", NumRetries: 3 },
        ...{ RetryOnConnectFailure: true, RetryOnStatusCodes: [502, 503] },
      },
    },
    { Match: { HTTP: { PathExact: "/v2" } }, Destination: { ServiceSubset: "v2" } },
  ],
};

const whole = [
  put("split-over-connections", { Kind: "service-splitter", Name: "web", Splits: [{ Weight: 100 }] }),
  put("route-over-connections", { Kind: "service-router", Name: "web" }),
  put("protocol-of-all", allProxies("http", { MeshGateway: { Mode: "local" } })),
  http("chain-of-protocol", `GET ${WEB}`),
  put("split-to-missing-subset", SPLITTER),
  put("subsets", { Kind: "service-resolver", Name: "web", DefaultSubset: "v1", Subsets: v1v2, ConnectTimeout: "15s" }),
  http("chain-of-subsets", `GET ${WEB}`),
  put("split", SPLITTER),
  http("chain-of-split", `GET ${WEB}`),
  http("chain-of-split-bytes", `GET ${WEB}`, { raw: true }),
  put("route", ROUTER),
  http("chain-of-route", `GET ${WEB}`),
  http("chain-of-route-bytes", `GET ${WEB}`, { raw: true }),
  http("chain-of-route-elsewhere", `GET ${WEB}?compile-dc=dc2`),
  http("chain-in-capitals", "GET /v1/discovery-chain/WEB"),
  http("chain-as-connections", `POST ${WEB}`, { body: { OverrideProtocol: "tcp" } }),
  http("chain-with-timeout", `POST ${WEB}`, { body: { OverrideConnectTimeout: "2s" } }),
  http("chain-with-timeout-of-one", `POST ${WEB}`, { body: { OverrideConnectTimeout: "15s" } }),
  put("redirect", { Kind: "service-resolver", Name: "canary", Redirect: { Service: "web", ServiceSubset: "v2" } }),
  put("failover", {
    ...{ Kind: "service-resolver", Name: "admin" },
    Failover: { "*": { Datacenters: ["dc2", "dc3"] } },
  }),
  http("chain-of-all", `GET ${WEB}`),
  http("chain-of-part", "GET /v1/discovery-chain/canary"),
  http("chain-with-gateway", `POST ${WEB}`, { body: { OverrideMeshGateway: { Mode: "remote" } } }),
];

const refusals = [
  put("other-protocol-of-part", { Kind: "service-defaults", Name: "admin", Protocol: "tcp" }),
  put("other-protocol-of-all", allProxies("tcp")),
  http("subsets-are-needed", "DELETE /v1/config/service-resolver/web"),
  http("protocol-is-needed", "DELETE /v1/config/proxy-defaults/global"),
  put("default-subset-gone", { Kind: "service-resolver", Name: "web", Subsets: { v1: {} } }),
  put("circle-of-redirects", {
    Kind: "service-resolver",
    Name: "loop",
    Redirect: { Service: "loop", Datacenter: "dc2" },
  }),
  put("circle-of-splits-half", { Kind: "service-splitter", Name: "a", Splits: [{ Weight: 100, Service: "b" }] }),
  put("external-with-subsets", { Kind: "service-defaults", Name: "web", Protocol: "http", ExternalSNI: "x" }),
  put("gateway", {
    ...{ Kind: "ingress-gateway", Name: "gate" },
    Listeners: [{ Port: 80, Protocol: "http", Services: [{ Name: "shop", Hosts: ["a"] }] }],
  }),
  put("gateway-of-other-kind", { Kind: "terminating-gateway", Name: "gate", Services: [{ Name: "db" }] }),
  put("gateway-of-other-protocol", {
    ...{ Kind: "ingress-gateway", Name: "gate" },
    Listeners: [{ Port: 80, Protocol: "grpc", Services: [{ Name: "shop", Hosts: ["a"] }] }],
  }),
  put("protocol-under-gateway", { Kind: "service-defaults", Name: "shop", Protocol: "grpc" }),
  http("gateway-delete", "DELETE /v1/config/ingress-gateway/gate"),
  http("refused-changed-nothing", `GET ${WEB}`),
];

const waiting = [
  http("wait-begins", "GET /v1/discovery-chain/lone", { capture: { at: "header:x-consul-index" }, refine: [anyIndex] }),
  blocking("wait-times-out", "GET /v1/discovery-chain/lone?index=@{at}&wait=100ms", { refine: [anyIndex] }),
  http("other-service-moves-index", PUT, { body: { Kind: "service-defaults", Name: "aside", Protocol: "grpc" } }),
  http("index-has-moved", "GET /v1/discovery-chain/lone", {
    compareTo: ["at"],
    capture: { moved: "header:x-consul-index" },
  }),
  blocking("own-entry-wakes", "GET /v1/discovery-chain/lone?index=@{moved}&wait=8s", {
    refine: [anyIndex],
    meanwhile: [httpRequest(PUT, { body: { Kind: "service-resolver", Name: "lone", ConnectTimeout: "9s" } })],
  }),
  http("part-begins", `GET ${WEB}`, { capture: { part: "header:x-consul-index" }, refine: [anyIndex] }),
  blocking("part-wakes", `GET ${WEB}?index=@{part}&wait=8s`, {
    refine: [anyIndex],
    meanwhile: [
      httpRequest(PUT, {
        body: { Kind: "service-resolver", Name: "admin", Failover: { "*": { Datacenters: ["dc4"] } } },
      }),
    ],
  }),
  http("post-begins", "POST /v1/discovery-chain/lone", {
    body: {},
    capture: { posted: "header:x-consul-index" },
    refine: [anyIndex],
  }),
  blocking("post-waits", "POST /v1/discovery-chain/lone?index=@{posted}&wait=8s", {
    body: { OverrideConnectTimeout: "3s" },
    refine: [anyIndex],
    meanwhile: [httpRequest("DELETE /v1/config/service-resolver/lone")],
  }),
];

export const discoveryChain = area(
  "discovery-chain",
  [...nothingKnown, ...overrides, ...whole, ...refusals, ...waiting],
  { connect: { enabled: true, ca_config: { cluster_id: CLUSTER_ID } } },
);

/** Consul compiles none then; what entries must be together is looked at all the same. */
export const discoveryChainOff = area("discovery-chain-off", [
  http("get", `GET ${WEB}`),
  http("get-stale", `GET ${WEB}?stale`),
  http("get-cached", `GET ${WEB}?cached`),
  http("name-missing", "GET /v1/discovery-chain/"),
  http("post", `POST ${WEB}`, { body: {} }),
  http("post-bad", `POST ${WEB}`, { body: "nope" }),
  put("graph-is-checked", SPLITTER),
]);
