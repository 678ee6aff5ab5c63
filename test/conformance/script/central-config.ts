import { area, blocking, http, httpRequest } from "../harness/dsl.ts";
import { anyIndex, pick } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const REGISTER = "PUT /v1/agent/service/register";
const WRITE = "PUT /v1/config";

const entry = (id: string, body: Json) => http(`write-${id}`, WRITE, { body });
const register = (id: string, body: Json) => http(`register-${id}`, REGISTER, { body });
/** `until` where the entry was written just before: the agent hears of it a little later. */
const shown = (id: string, service: string, until?: string) =>
  http(id, `GET /v1/agent/service/${service}`, until === undefined ? {} : { until });
const gone = (service: string) => http(`deregister-${service}`, `PUT /v1/agent/service/deregister/${service}`);
const proxy = (Name: string, settings: Json) =>
  register(Name, { Name, Kind: "connect-proxy", Port: 2000, Proxy: settings });
const FOR_WEB = { DestinationServiceName: "web", DestinationServiceID: "web" };
const path = (Path: string, ListenerPort: number) => ({ Path, ListenerPort, LocalPathPort: 80, Protocol: "http" });

const UPSTREAMS = [
  { DestinationName: "db", LocalBindPort: 9191 },
  { DestinationType: "prepared_query", DestinationName: "geo-db", LocalBindPort: 9192 },
  { DestinationName: "cache", LocalBindPort: 9193, Config: { protocol: "tcp", x: 1 }, Datacenter: "dc2" },
  { DestinationName: "silent", LocalBindPort: 9194, MeshGateway: { Mode: "none" } },
];

const sidecars = [
  register("sidecar", {
    Name: "web",
    Port: 80,
    Connect: { SidecarService: { Proxy: { Config: { mine: 1 }, Upstreams: UPSTREAMS } } },
  }),
  shown("without-entries", "web-sidecar-proxy"),
  entry("global", {
    Kind: "proxy-defaults",
    Name: "global",
    Config: { everywhere: 1, mine: 2, nested: { a: 1 } },
    MeshGateway: { Mode: "local" },
    Expose: { Checks: true, Paths: [path("/all", 1)] },
  }),
  shown("global-entry-follows", "web-sidecar-proxy", "everywhere"),
  shown("service-itself-is-left-alone", "web"),
  entry("web", {
    Kind: "service-defaults",
    Name: "web",
    Protocol: "http",
    MeshGateway: { Mode: "remote" },
    Expose: { Paths: [path("/own", 3)] },
  }),
  shown("service-defaults-win-over-global", "web-sidecar-proxy", "/own"),
  entry("db", { Kind: "service-defaults", Name: "db", Protocol: "grpc", MeshGateway: { Mode: "none" } }),
  shown("upstream-protocol", "web-sidecar-proxy", "grpc"),
  entry("cache", { Kind: "service-defaults", Name: "cache", Protocol: "http2" }),
  entry("geo-db", { Kind: "service-defaults", Name: "geo-db", Protocol: "http2" }),
  entry("other", { Kind: "service-defaults", Name: "other", Protocol: "http2" }),
  shown("registration-wins-over-upstream", "web-sidecar-proxy"),
  http("in-services", "GET /v1/agent/services"),
  http("in-catalog", "GET /v1/catalog/service/web-sidecar-proxy", { until: "grpc", refine: [anyIndex] }),
  http("in-connect", "GET /v1/health/connect/web", { until: "grpc", refine: [pick("0.Service.Proxy")] }),
  http("node", "GET /v1/catalog/node/n1", { refine: [pick("Services.web-sidecar-proxy.Proxy")] }),
  http("hash", "GET /v1/agent/service/web-sidecar-proxy", { capture: { hash: "header:x-consul-contenthash" } }),
  blocking("wait-by-hash-wakes", "GET /v1/agent/service/web-sidecar-proxy?hash=@{hash}&wait=10s", {
    meanwhile: [httpRequest(WRITE, { body: { Kind: "service-defaults", Name: "web", Protocol: "grpc" } })],
  }),
  shown("service-defaults-were-replaced", "web-sidecar-proxy"),
  http("hash-2", "GET /v1/agent/service/web-sidecar-proxy", { capture: { hash2: "header:x-consul-contenthash" } }),
  blocking("entries-of-others-do-not-wake", "GET /v1/agent/service/web-sidecar-proxy?hash=@{hash2}&wait=300ms", {
    meanwhile: [httpRequest(WRITE, { body: { Kind: "service-defaults", Name: "other", Protocol: "tcp" } })],
  }),
  gone("web"),
];

const KINDS_OF_VALUES = {
  ...{ zero: 0, text: "", flag: false, empty: {}, list: [], nothing: null, own: 7, map: { c: 2, b: { y: 1 } } },
  ...{ "map-here": { a: 1 }, deep: { zero: 0 } },
};

const merging = [
  entry("values", {
    Kind: "proxy-defaults",
    Name: "global",
    Config: {
      ...{ zero: 1, text: "s", flag: true, empty: { k: 1 }, list: [1, 2], nothing: 5, own: 8, more: 1.5 },
      ...{ map: { a: 1, c: 3, b: { x: 1 } }, "map-here": 5, deep: { zero: 5 } },
    },
    MeshGateway: { Mode: "local" },
    Expose: { Checks: true },
  }),
  proxy("values", { ...FOR_WEB, Config: KINDS_OF_VALUES, MeshGateway: { Mode: "none" } }),
  shown("zero-values-are-filled", "values", "more"),
  gone("values"),
  proxy("no-instance", { DestinationServiceName: "web", Config: { own: 1 }, Upstreams: UPSTREAMS }),
  shown("proxy-of-no-instance-is-left-alone", "no-instance"),
  gone("no-instance"),
  proxy("paths", { ...FOR_WEB, Expose: { Paths: [path("/mine", 9)] } }),
  shown("own-paths-win", "paths", "more"),
  gone("paths"),
  proxy("modes", { ...FOR_WEB, MeshGateway: { Mode: "none" }, Upstreams: UPSTREAMS }),
  shown("own-mode-is-that-of-upstreams", "modes", "more"),
  gone("modes"),
  entry("protocol-of-all", { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } }),
  proxy("protocols", { ...FOR_WEB, Upstreams: UPSTREAMS }),
  shown("global-protocol-is-that-of-upstreams", "protocols", '"http"'),
  gone("protocols"),
];

const gateways = [
  register("mesh-gateway", { Name: "mesh", Kind: "mesh-gateway", Port: 2001 }),
  shown("mesh-gateway-has-global", "mesh", '"http"'),
  gone("mesh"),
  entry("gateway", { Kind: "service-defaults", Name: "out", Protocol: "grpc", MeshGateway: { Mode: "none" } }),
  register("terminating-gateway", {
    ...{ Name: "out", ID: "out-1", Kind: "terminating-gateway", Port: 2002 },
    Proxy: { Config: { own: 1 } },
  }),
  shown("gateway-has-defaults-of-its-name", "out-1", "grpc"),
  gone("out-1"),
  register("ingress-gateway", { Name: "in", Kind: "ingress-gateway", Port: 2003 }),
  shown("ingress-gateway-has-global", "in", '"http"'),
  gone("in"),
  register("plain", { Name: "out", Port: 2004 }),
  shown("plain-service-is-left-alone", "out"),
  register("native", { Name: "native", Port: 2005, Connect: { Native: true } }),
  shown("native-service-is-left-alone", "native"),
];

const removal = [
  entry("before-removal", { Kind: "proxy-defaults", Name: "global", Config: { everywhere: 1 } }),
  register("removal", { Name: "leaving", Kind: "mesh-gateway", Port: 2006 }),
  shown("before-removal", "leaving", "everywhere"),
  http("delete-global", "DELETE /v1/config/proxy-defaults/global"),
  http("after-removal", "GET /v1/agent/service/leaving", { untilNot: "everywhere" }),
  http("after-removal-in-catalog", "GET /v1/catalog/service/leaving", {
    untilNot: "everywhere",
    refine: [anyIndex],
  }),
];

/** What config entries say of proxies and gateways, merged into their registrations. */
export const centralConfig = area("central-config", [...sidecars, ...merging, ...gateways, ...removal], {
  enable_central_service_config: true,
});

/** Entries of the configuration, written by the leader. */
export const configBootstrap = area(
  "config-bootstrap",
  [
    http("proxy-defaults", "GET /v1/config/proxy-defaults/global", { until: "global", refine: [anyIndex] }),
    http("service-defaults", "GET /v1/config/service-defaults/web", { until: "web", refine: [anyIndex] }),
    http("splitter", "GET /v1/config/service-splitter/web", { until: "web", refine: [anyIndex] }),
  ],
  {
    config_entries: {
      bootstrap: [
        { kind: "proxy-defaults", name: "global", config: { protocol: "http" } },
        { Kind: "service-defaults", Name: "web", Protocol: "http", MeshGateway: { Mode: "local" } },
        {
          kind: "service-splitter",
          name: "web",
          splits: [
            { weight: 90, service: "web" },
            { weight: 10, service: "web2" },
          ],
        },
      ],
    },
  },
);
