import { area, http } from "../harness/dsl.ts";
import { sorted } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const REGISTER = "PUT /v1/agent/service/register";
const refused = (id: string, body: Json) => http(`refused-${id}`, REGISTER, { body });

const refusals = [
  http("none-at-start", "GET /v1/agent/services"),
  http("register-no-body", REGISTER),
  refused("not-json", "nope"),
  refused("empty", {}),
  refused("wrong-type", { Name: 5 }),
  refused("port-as-text", { Name: "x", Port: "80" }),
  refused("tags-as-text", { Name: "x", Tags: "a" }),
  refused("unknown-field", { Name: "x", Bogus: 1 }),
  refused("any-address-v4", { Name: "x", Address: "0.0.0.0" }),
  refused("any-address-v6", { Name: "x", Address: "::" }),
  refused("any-address-v6-brackets", { Name: "x", Address: "[::]" }),
  refused("check-without-interval", { Name: "x", Check: { HTTP: "http://127.0.0.1:1/" } }),
  refused("check-tcp-without-interval", { Name: "x", Check: { TCP: "127.0.0.1:1" } }),
  refused("check-negative-ttl", { Name: "x", Check: { TTL: "-1s" } }),
  refused("check-interval-and-ttl", { Name: "x", Check: { TTL: "10s", HTTP: "http://x", Interval: "1s" } }),
  refused("check-unknown-status", { Name: "x", Check: { TTL: "10s", Status: "purple" } }),
  refused("check-malformed-ttl", { Name: "x", Check: { TTL: "ten" } }),
  refused("check-ttl-without-unit", { Name: "x", Check: { TTL: "10" } }),
  refused("check-negative-output-size", { Name: "x", Check: { TTL: "10s", OutputMaxSize: -1 } }),
  refused("second-check-bad", { Name: "x", Checks: [{ TTL: "10s" }, { HTTP: "http://x" }] }),
  refused("weights-passing-zero", { Name: "x", Weights: { Passing: 0, Warning: 1 } }),
  refused("weights-too-large", { Name: "x", Weights: { Passing: 70000, Warning: 1 } }),
  refused("weights-negative", { Name: "x", Weights: { Passing: 1, Warning: -1 } }),
  refused("meta-bad-key", { Name: "x", Meta: { "a b": "v" } }),
  refused("meta-empty-key", { Name: "x", Meta: { "": "v" } }),
  refused("meta-reserved-key", { Name: "x", Meta: { "consul-x": "v" } }),
  refused("meta-long-key", { Name: "x", Meta: { ["k".repeat(129)]: "v" } }),
  refused("meta-long-value", { Name: "x", Meta: { k: "v".repeat(513) } }),
  refused("meta-too-many", {
    Name: "x",
    Meta: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, "v"])),
  }),
  refused("proxy-without-destination", { Name: "x", Kind: "connect-proxy", Port: 1 }),
  refused("proxy-without-anything", { Name: "x", Kind: "connect-proxy" }),
  refused("tagged-address-malformed", { Name: "x", TaggedAddresses: { lan: "10.0.0.1" } }),
  http("register-by-post", "POST /v1/agent/service/register", { body: { Name: "x" } }),
  http("nothing-was-registered", "GET /v1/agent/services"),
];

const accepted = [
  http("empty-check-is-no-check", REGISTER, { body: { Name: "loose", Check: {} } }),
  http("empty-check-made-nothing", "GET /v1/agent/checks"),
  http("proxy-part-on-plain-service", REGISTER, { body: { Name: "loose", Proxy: { DestinationServiceName: "y" } } }),
  http("proxy-part-read", "GET /v1/agent/service/loose"),
  http("loose-removed", "PUT /v1/agent/service/deregister/loose"),
];

const unknown = [
  http("service-unknown", "GET /v1/agent/service/none"),
  http("service-missing-id", "GET /v1/agent/service/"),
  http("deregister-unknown", "PUT /v1/agent/service/deregister/none"),
  http("deregister-missing-id", "PUT /v1/agent/service/deregister/"),
  http("deregister-by-get", "GET /v1/agent/service/deregister/none"),
];

const shapes = [
  http("register-minimal", REGISTER, { body: { Name: "mini" } }),
  http("minimal", "GET /v1/agent/service/mini", { capture: { hash: "header:x-consul-contenthash" } }),
  http("minimal-bytes", "GET /v1/agent/service/mini", { raw: true }),
  http("minimal-in-list-bytes", "GET /v1/agent/services", { raw: true }),
  http("minimal-in-catalog", "GET /v1/catalog/service/mini", { until: '"ServiceID":"mini"' }),
  http("register-minimal-again", REGISTER, { body: { Name: "mini" } }),
  http("same-registration-same-hash", "GET /v1/agent/service/mini"),
  http("service-id-case-matters", "GET /v1/agent/service/MINI"),
  http("register-full", REGISTER, {
    body: {
      ID: "full-1",
      Name: "full",
      Tags: ["b", "a"],
      Address: "10.4.0.1",
      Port: 8000,
      Meta: { k: "v", "k-2_x": "<&>" },
      TaggedAddresses: { lan: { address: "10.4.0.1", port: 8000 }, WAN: { Address: "203.0.113.4", Port: 80 } },
      EnableTagOverride: true,
      Weights: { Passing: 5, Warning: 3 },
      Check: { Name: "beat", TTL: "10m", Notes: "notes" },
    },
  }),
  http("full", "GET /v1/agent/service/full-1"),
  http("full-check", "GET /v1/agent/checks"),
  http("full-in-catalog", "GET /v1/catalog/service/full", { until: '"ServiceID":"full-1"' }),
  http("snake-case-output-max-size-refused", REGISTER, {
    body: { name: "snake", check: { ttl: "10m", output_max_size: 100 } },
  }),
  http("register-snake-case", REGISTER, {
    body: {
      id: "snake-1",
      name: "snake",
      port: 9,
      enable_tag_override: true,
      tagged_addresses: { lan: { address: "10.4.0.9", port: 9 } },
      check: { ttl: "10m", deregister_critical_service_after: "90m", status: "passing" },
    },
  }),
  http("snake-case", "GET /v1/agent/service/snake-1"),
  http("register-weights-passing-only", REGISTER, { body: { Name: "weighted", Weights: { Passing: 4 } } }),
  http("weights-passing-only", "GET /v1/agent/service/weighted"),
  http("register-odd-name", REGISTER, { body: { Name: "Odd Name_1.x", ID: "odd/id 1" } }),
  http("odd-name", "GET /v1/agent/service/odd/id%201"),
  http("deregister-odd-name", "PUT /v1/agent/service/deregister/odd%2Fid%201"),
  http("odd-name-gone", "GET /v1/agent/service/odd/id%201"),
  http("register-unknown-kind", REGISTER, { body: { Name: "kind", Kind: "strange" } }),
  http("unknown-kind", "GET /v1/agent/service/kind"),
  http("register-ipv6", REGISTER, { body: { Name: "v6", Address: "2001:db8::5", Port: 1 } }),
  http("ipv6-gets-tagged-addresses", "GET /v1/agent/service/v6"),
  http("register-host-name-address", REGISTER, { body: { Name: "hostname", Address: "web.example.com", Port: 1 } }),
  http("host-name-address", "GET /v1/agent/service/hostname"),
  http("register-proxy", REGISTER, {
    body: {
      Name: "proxy",
      Kind: "connect-proxy",
      Port: 7000,
      Proxy: {
        DestinationServiceName: "mini",
        DestinationServiceID: "mini",
        LocalServicePort: 80,
        Config: { a: 1, b: ["x"] },
        Upstreams: [{ DestinationName: "full", LocalBindPort: 9191 }],
      },
    },
  }),
  http("proxy", "GET /v1/agent/service/proxy"),
  http("proxy-local-address-default", "GET /v1/agent/services?filter=Service==proxy"),
  http("register-native", REGISTER, { body: { Name: "native", Connect: { Native: true } } }),
  http("native", "GET /v1/agent/service/native"),
];

const checks = [
  http("register-several-checks", REGISTER, {
    body: {
      Name: "many",
      Checks: [
        { TTL: "10m" },
        { TTL: "10m", Name: "second", Status: "passing" },
        { CheckID: "own-id", TTL: "10m", Status: "warning", Notes: "n" },
      ],
    },
  }),
  http("several-checks-ids", "GET /v1/agent/checks?filter=ServiceName==many"),
  http("register-check-and-checks", REGISTER, {
    body: { Name: "both", Check: { TTL: "10m" }, Checks: [{ TTL: "10m" }] },
  }),
  http("check-and-checks-ids", "GET /v1/agent/checks?filter=ServiceName==both"),
  http("register-again-without-checks", REGISTER, { body: { Name: "many", Port: 5 } }),
  http("old-checks-stay", "GET /v1/agent/checks?filter=ServiceName==many"),
  http("register-replacing-checks", `${REGISTER}?replace-existing-checks`, {
    body: { Name: "many", Port: 5, Check: { CheckID: "only", TTL: "10m" } },
  }),
  http("old-checks-went", "GET /v1/agent/checks?filter=ServiceName==many"),
  // The first run of an alias check may come before the check exists; a change of what it follows is always seen.
  http("register-alias-check", REGISTER, { body: { Name: "aliased", Check: { AliasService: "both" } } }),
  http("alias-first-passes", "PUT /v1/agent/check/pass/service:both:1"),
  http("alias-second-passes", "PUT /v1/agent/check/pass/service:both:2"),
  http("alias-check", "GET /v1/agent/checks?filter=ServiceName==aliased", { until: '"Status":"passing"' }),
  http("alias-second-warns", "PUT /v1/agent/check/warn/service:both:2"),
  http("alias-check-warns", "GET /v1/agent/checks?filter=ServiceName==aliased", { until: '"Status":"warning"' }),
  http("register-http-check", REGISTER, {
    body: {
      Name: "probed",
      Check: {
        HTTP: "http://127.0.0.1:1/health",
        Interval: "10m",
        Timeout: "1s",
        Header: { "X-A": ["b"] },
        Status: "passing",
        DeregisterCriticalServiceAfter: "90m",
      },
    },
  }),
  http("http-check", "GET /v1/agent/checks?filter=ServiceName==probed"),
  http("services-filter", "GET /v1/agent/services?filter=Service==full"),
  http("services-filter-tag", "GET /v1/agent/services?filter=a%20in%20Tags"),
  http("services-filter-meta", "GET /v1/agent/services?filter=Meta.k==v"),
  http("services-filter-none", "GET /v1/agent/services?filter=Port==1234"),
  http("services-filter-bad-selector", "GET /v1/agent/services?filter=Bogus==1"),
  http("services-filter-bad-syntax", "GET /v1/agent/services?filter=%3D%3D"),
];

const healthOf = (id: string, path: string, options = {}) =>
  http(id, `GET /v1/agent/health/service/${path}`, { refine: [sorted(""), sorted("Checks")], ...options });

const localHealth = [
  healthOf("health-id-unknown", "id/none"),
  healthOf("health-id-missing", "id/"),
  healthOf("health-name-unknown", "name/none"),
  healthOf("health-name-missing", "name/"),
  healthOf("health-id-unknown-text", "id/none?format=text"),
  healthOf("health-id-without-checks", "id/mini"),
  healthOf("health-name-without-checks", "name/mini"),
  healthOf("health-text", "id/mini?format=text"),
  healthOf("health-text-by-accept", "id/mini", { headers: { Accept: "text/plain" } }),
  healthOf("health-name-text", "name/mini?format=text"),
  healthOf("health-critical", "id/full-1"),
  healthOf("health-critical-text", "id/full-1?format=text"),
  http("full-warns", "PUT /v1/agent/check/warn/service:full-1?note=hm"),
  healthOf("health-warning", "id/full-1"),
  healthOf("health-warning-text", "name/full?format=text"),
  http("full-passes", "PUT /v1/agent/check/pass/service:full-1"),
  healthOf("health-passing", "id/full-1"),
  http("register-second-instance", REGISTER, {
    body: { ID: "full-2", Name: "full", Port: 8001, Check: { TTL: "10m" } },
  }),
  healthOf("health-name-worst-of-two", "name/full"),
  healthOf("health-name-any-case", "name/FULL?format=text"),
];

const leaving = [
  http("deregister", "PUT /v1/agent/service/deregister/full-2"),
  http("deregistered", "GET /v1/agent/service/full-2"),
  http("deregister-again", "PUT /v1/agent/service/deregister/full-2"),
  http("deregister-takes-checks", "GET /v1/agent/checks?filter=ServiceName==full"),
  http("deregistered-from-catalog", "GET /v1/catalog/service/full", { untilNot: "full-2" }),
  http("deregister-consul", "PUT /v1/agent/service/deregister/consul"),
  http("register-service-named-consul", REGISTER, { body: { Name: "consul" } }),
  http("rename-by-id", REGISTER, { body: { ID: "full-1", Name: "renamed" } }),
  http("renamed", "GET /v1/agent/service/full-1"),
  http("renamed-in-catalog", "GET /v1/health/service/renamed", { until: '"ID":"full-1"' }),
  http("renamed-checks", "GET /v1/agent/checks?filter=ServiceID==`full-1`"),
];

const hashes = [
  http("hash-wrong-answers-at-once", "GET /v1/agent/service/mini?hash=0123456789abcdef&wait=10s"),
  http("services-list", "GET /v1/agent/services"),
];

/** The agent's own services: refusals, shapes, checks that come with them, local health, leaving. */
export const agentServices = area("agent-services", [
  ...refusals,
  ...accepted,
  ...unknown,
  ...shapes,
  ...checks,
  ...localHealth,
  ...leaving,
  ...hashes,
]);
