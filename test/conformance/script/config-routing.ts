import { area, http } from "../harness/dsl.ts";
import type { Json } from "../harness/types.ts";
import { kept, refused } from "./config.ts";

type Fields = Readonly<Record<string, Json>>;

/** Routing and splitting need a protocol with requests. */
const start = [
  refused("protocol", { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } }),
  refused("subsets", { Kind: "service-resolver", Name: "db", Subsets: { v1: {}, v2: {} } }),
];

const router = (id: string, fields: Fields) => kept(`router-${id}`, { Kind: "service-router", Name: "r", ...fields });
const notRouter = (id: string, fields: Fields) =>
  refused(`router-${id}`, { Kind: "service-router", Name: "r", ...fields });
const match = (id: string, HTTP: Json) => router(id, { Routes: [{ Match: { HTTP } }] });
const noMatch = (id: string, HTTP: Json) => notRouter(id, { Routes: [{ Match: { HTTP } }] });
const PREFIX = { HTTP: { PathPrefix: "/x" } };
const to = (id: string, Destination: Json) => router(id, { Routes: [{ Match: PREFIX, Destination }] });
const notTo = (id: string, Destination: Json) => notRouter(id, { Routes: [{ Match: PREFIX, Destination }] });

const routers = [
  refused("router-without-name", { Kind: "service-router" }),
  ...router("no-routes", {}),
  ...router("null-routes", { Routes: null }),
  ...router("empty-routes", { Routes: [] }),
  ...router("empty-map-of-routes", { Routes: {} }),
  ...router("empty-route", { Routes: [{}, null, { Match: null, Destination: null }] }),
  ...router("empty-match", { Routes: [{ Match: {} }, { Match: { HTTP: null } }, { Match: { HTTP: {} } }] }),
  ...router("empty-destination", { Routes: [{ Destination: {} }] }),
  notRouter("text-routes", { Routes: "x" }),
  notRouter("unknown-key", { Routes: [{ Bogus: {} }] }),
  ...match("exact", { PathExact: "/a" }),
  ...match("bad-regex", { PathRegex: "(" }),
  ...match("with-underlines", { path_prefix: "/a", query_param: { name: "q", present: 1 } }),
  noMatch("exact-without-slash", { PathExact: "a" }),
  noMatch("prefix-without-slash", { PathPrefix: 'a"' }),
  noMatch("two-paths", { PathExact: "/a", PathRegex: "b" }),
  noMatch("two-paths-and-no-slash", { PathExact: "/a", PathPrefix: "b" }),
  ...match("header", { Header: [{ Name: "x", Present: true, Invert: true }] }),
  ...match("headers-none", { Header: [] }),
  noMatch("header-without-name", { Header: [{ Exact: "b" }] }),
  noMatch("header-without-way", { Header: [{ Name: "a", Suffix: "z" }, { Name: "x" }] }),
  noMatch("header-two-ways", { Header: [{ Name: "x", Exact: "a", Prefix: "b" }] }),
  noMatch("header-unknown-key", { Header: [{ Name: "x", Bogus: 1 }] }),
  ...match("query-param", { QueryParam: [{ Name: "x", Regex: "[" }] }),
  noMatch("query-param-without-name", { QueryParam: [{}] }),
  noMatch("query-param-two-ways", { QueryParam: [{ Name: "x", Present: true, Exact: "a" }] }),
  noMatch("query-param-prefix", { QueryParam: [{ Name: "x", Prefix: "a" }] }),
  ...match("methods", { Methods: ["get", "Bogus", ""] }),
  ...match("one-method", { Methods: "get" }),
  noMatch("method-twice", { Methods: ["get", "GET"] }),
  ...to("service", { Service: "db" }),
  ...to("everything", {
    Service: "db",
    ServiceSubset: "v1",
    PrefixRewrite: "/y",
    RequestTimeout: "90s",
    NumRetries: 3,
    RetryOnConnectFailure: true,
    RetryOnStatusCodes: [503, "504"],
  }),
  http("router-everything-bytes", "GET /v1/config/service-router/r", { raw: true }),
  ...to("namespace", { Namespace: "n" }),
  ...to("timeout-number", { request_timeout: 5 }),
  ...to("timeout-negative", { RequestTimeout: "-5s" }),
  ...to("timeout-true", { RequestTimeout: true }),
  ...to("timeout-list-of-one", { RequestTimeout: ["5s"] }),
  ...to("retries-negative", { NumRetries: -1 }),
  ...to("retries-too-many", { NumRetries: 5e9, RetryOnStatusCodes: [-1, 1.5] }),
  ...to("codes-not-listed", { retry_on_status_codes: "503" }),
  ...to("codes-null", { RetryOnStatusCodes: [null] }),
  notTo("timeout-without-unit", { RequestTimeout: "5" }),
  notTo("timeout-empty", { RequestTimeout: "" }),
  notTo("timeout-map", { RequestTimeout: {} }),
  notTo("retries-negative-text", { NumRetries: "-3" }),
  notTo("codes-too-large-text", { RetryOnStatusCodes: ["4294967296"] }),
  notTo("codes-map", { RetryOnStatusCodes: [{ a: 1 }] }),
  notTo("destination-unknown-key", { Bogus: 1 }),
  notTo("destination-two-in-list", [{}, {}]),
  notRouter("rewrite-without-match", { Routes: [{ Destination: { PrefixRewrite: "/" } }] }),
  notRouter("rewrite-of-regex", {
    Routes: [{ Match: { HTTP: { PathRegex: "x" } }, Destination: { PrefixRewrite: "/" } }],
  }),
  notRouter("second-route-is-named", { Routes: [{}, { Match: { HTTP: { PathExact: "x" } } }] }),
];

const splitter = (id: string, ...Splits: Json[]) =>
  kept(`splitter-${id}`, { Kind: "service-splitter", Name: "s", Splits });
const notSplitter = (id: string, ...Splits: Json[]) =>
  refused(`splitter-${id}`, { Kind: "service-splitter", Name: "s", Splits });
const two = (a: Json, b: Json): Json[] => [
  { Weight: a, Service: "a" },
  { Weight: b, Service: "b" },
];

const splitters = [
  refused("splitter-without-name", { Kind: "service-splitter", Splits: [{ Weight: 100 }] }),
  refused("splitter-null", { Kind: "service-splitter", Name: "s" }),
  notSplitter("empty"),
  notSplitter("no-weight", {}),
  ...splitter("one", { Weight: 100 }),
  ...splitter("two", ...two(12.5, "87.5")),
  ...splitter("hundredths", ...two(0.01, 99.99)),
  ...splitter("thirds", ...two(33.3333, 66.6666)),
  ...splitter("nothing-is-rounded-away", ...two(0.001, 100)),
  ...splitter("negative", ...two(-10, 110)),
  ...splitter("tenths", ...two(0.1, 99.9)),
  ...splitter("exponent", { Weight: "1e2", Service: "db", ServiceSubset: "v2" }),
  ...splitter("from-true", ...two(true, 99)),
  ...splitter("with-underlines", { weight: 100, service: "db", service_subset: "v1", NAMESPACE: "n" }),
  notSplitter("too-little", { Weight: 99 }),
  notSplitter("rounded-too-little", { Weight: 99.994 }),
  notSplitter("rounded-too-much", ...two(0.015, 99.985)),
  notSplitter("three-thirds", ...two(33.333, 33.333), { Weight: 33.334, Service: "c" }),
  notSplitter("huge", { Weight: 1e300 }),
  notSplitter("no-number", { Weight: "x" }),
  notSplitter("empty-text", { Weight: "" }),
  notSplitter("same-service-twice", { Weight: 50, Service: "a" }, { Weight: 50, Service: "a" }),
  notSplitter("itself-twice", { Weight: 50, Service: "s" }, { Weight: 50 }),
  notSplitter(
    "same-subset-twice",
    { Weight: 50, Service: "db", ServiceSubset: "v1" },
    { Weight: 50, Service: "db", ServiceSubset: "v1" },
  ),
  notSplitter("twice-and-too-little", { Weight: 1 }, { Weight: 1 }),
  notSplitter("unknown-key", { Weight: 100, Bogus: 1 }),
  refused("splitter-not-listed", { Kind: "service-splitter", Name: "s", Splits: { Weight: 100 } }),
];

const resolver = (id: string, fields: Fields) =>
  kept(`resolver-${id}`, { Kind: "service-resolver", Name: "t", ...fields });
const notResolver = (id: string, fields: Fields) =>
  refused(`resolver-${id}`, { Kind: "service-resolver", Name: "t", ...fields });
const V1 = { v1: {} };

const resolvers = [
  refused("resolver-without-name", { Kind: "service-resolver" }),
  ...resolver("nothing", {}),
  ...resolver("empty-maps", { Subsets: {}, Failover: {} }),
  ...resolver("subsets", {
    Subsets: { v2: { OnlyPassing: true }, v1: { Filter: "Service.Meta.v == 1" } },
    DefaultSubset: "v2",
  }),
  ...resolver("subset-null", { Subsets: { v1: null } }),
  ...resolver("subsets-in-list", { Subsets: [{ v1: {} }, { v2: { only_passing: "true" } }] }),
  ...resolver("filter-is-not-read", { Subsets: { v1: { Filter: "x ==" } } }),
  ...resolver("longest-subset", { Subsets: { ["a".repeat(63)]: {} } }),
  notResolver("subset-too-long", { Subsets: { ["a".repeat(64)]: {} } }),
  notResolver("subset-without-name", { Subsets: { "": {} } }),
  notResolver("subset-in-upper-case", { Subsets: { V1: {} } }),
  notResolver("subset-ends-with-dash", { Subsets: { "a-": {} } }),
  notResolver("subset-text", { Subsets: { v1: "x" } }),
  notResolver("subset-unknown-key", { Subsets: { v1: { Bogus: 1 } } }),
  notResolver("default-unknown", { Subsets: V1, default_subset: "v2" }),
  ...resolver("redirect", { Redirect: { Service: "x", Datacenter: "dc2" } }),
  ...resolver("redirect-datacenter", { Redirect: { Datacenter: "dc2" } }),
  ...resolver("redirect-subset", { Redirect: { Service: "db", ServiceSubset: "v1" } }),
  ...resolver("redirect-nested-in-lists", { Redirect: [[{ Service: "x" }]] }),
  ...resolver("redirect-null", { Redirect: null }),
  notResolver("redirect-empty", { Redirect: {} }),
  notResolver("redirect-subset-alone", { Subsets: V1, Redirect: { ServiceSubset: "v1" } }),
  notResolver("redirect-own-unknown-subset", { Subsets: V1, Redirect: { Service: "t", ServiceSubset: "v2" } }),
  notResolver("redirect-namespace-alone", { Redirect: { Namespace: "x" } }),
  notResolver("redirect-too-deep-in-lists", { Redirect: [[[{ Service: "x" }]]] }),
  notResolver("redirect-and-failover", { Redirect: { Service: "x" }, Failover: { "*": { Service: "y" } } }),
  ...resolver("failover", { Subsets: V1, Failover: { "*": { Datacenters: "dc2" }, v1: { Service: "x" } } }),
  ...resolver("failover-own-subset", { Subsets: V1, Failover: { "*": { ServiceSubset: "v1" } } }),
  ...resolver("failover-namespace", { Failover: { "*": { Namespace: "x" } } }),
  notResolver("failover-empty", { Failover: { "*": {} } }),
  notResolver("failover-of-unknown-subset", { Failover: { v1: { Service: "x" } } }),
  notResolver("failover-to-unknown-subset", { Failover: { "*": { ServiceSubset: "v1" } } }),
  notResolver("failover-to-own-unknown-subset", { Failover: { "*": { Service: "t", ServiceSubset: "v1" } } }),
  notResolver("failover-without-datacenter", { Failover: { "*": { Datacenters: ["dc2", ""] } } }),
  notResolver("failover-text", { Failover: { "*": "x" } }),
  notResolver("failover-unknown-key", { Failover: { "*": { Service: "x", Bogus: 1 } } }),
  ...resolver("timeout", { ConnectTimeout: "90m" }),
  ...resolver("timeout-0", { ConnectTimeout: "0s" }),
  ...resolver("timeout-number", { connect_timeout: 1500000000 }),
  notResolver("timeout-negative", { ConnectTimeout: "-5s" }),
  notResolver("timeout-negative-number", { ConnectTimeout: -1 }),
  notResolver("timeout-days", { ConnectTimeout: "5d" }),
  notResolver("timeout-empty-list", { ConnectTimeout: [] }),
  ...resolver("everything", {
    Subsets: V1,
    DefaultSubset: "v1",
    ConnectTimeout: "15s",
    Failover: { "*": { Service: "db", ServiceSubset: "v2", Datacenters: ["dc2", "dc3"] } },
    Meta: { a: "b" },
  }),
  http("resolver-everything-bytes", "GET /v1/config/service-resolver/t", { raw: true }),
  ...kept("resolver-wildcard-name", { Kind: "service-resolver", Name: "*" }),
];

/** Each kind that a discovery chain is made of, looked at alone. */
export const configRouting = area("config-routing", [...start, ...routers, ...splitters, ...resolvers]);
