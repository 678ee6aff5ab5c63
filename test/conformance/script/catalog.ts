import { area, http } from "../harness/dsl.ts";
import { sortedTexts } from "../harness/refine.ts";

const REGISTER = "PUT /v1/catalog/register";
const DEREGISTER = "PUT /v1/catalog/deregister";
const ID_ONE = "aaaaaaaa-0000-4000-8000-000000000001";
const ID_TWO = "aaaaaaaa-0000-4000-8000-000000000002";

const fresh = [
  http("datacenters", "GET /v1/catalog/datacenters"),
  http("nodes-at-start", "GET /v1/catalog/nodes"),
  http("services-at-start", "GET /v1/catalog/services"),
  http("service-consul", "GET /v1/catalog/service/consul"),
  http("node-self", "GET /v1/catalog/node/n1"),
  http("node-services-self", "GET /v1/catalog/node-services/n1"),
  http("unknown-service", "GET /v1/catalog/service/none"),
  http("unknown-node", "GET /v1/catalog/node/none"),
  http("unknown-node-services", "GET /v1/catalog/node-services/none"),
  http("missing-service-name", "GET /v1/catalog/service/"),
  http("missing-node-name", "GET /v1/catalog/node/"),
  http("missing-node-services-name", "GET /v1/catalog/node-services/"),
  http("unknown-connect", "GET /v1/catalog/connect/none"),
  http("missing-connect-name", "GET /v1/catalog/connect/"),
  http("unknown-gateway", "GET /v1/catalog/gateway-services/none"),
  http("missing-gateway-name", "GET /v1/catalog/gateway-services/"),
];

const refusals = [
  http("register-no-body", REGISTER),
  http("register-not-json", REGISTER, { body: "{nope" }),
  http("register-wrong-type", REGISTER, { body: { Node: 5 } }),
  http("register-array", REGISTER, { body: [] }),
  http("register-empty-object", REGISTER, { body: {} }),
  http("register-without-address", REGISTER, { body: { Node: "x" } }),
  http("register-without-node", REGISTER, { body: { Address: "10.0.0.1" } }),
  http("register-bad-id", REGISTER, { body: { ID: "short", Node: "x", Address: "10.0.0.1" } }),
  http("register-bad-id-digits", REGISTER, {
    body: { ID: "zzzzzzzz-0000-4000-8000-000000000001", Node: "x", Address: "10.0.0.1" },
  }),
  http("register-service-id-without-name", REGISTER, {
    body: { Node: "x", Address: "10.0.0.1", Service: { ID: "only-id" } },
  }),
  http("register-check-for-missing-service", REGISTER, {
    body: { Node: "x", Address: "10.0.0.1", Check: { CheckID: "c", Name: "c", ServiceID: "missing" } },
  }),
  http("register-unknown-datacenter", REGISTER, { body: { Node: "x", Address: "10.0.0.1", Datacenter: "nowhere" } }),
  http("register-by-get", "GET /v1/catalog/register"),
  http("register-by-post", "POST /v1/catalog/register", { body: { Node: "x", Address: "10.0.0.1" } }),
  http("deregister-no-body", DEREGISTER),
  http("deregister-empty-object", DEREGISTER, { body: {} }),
  http("deregister-unknown-node", DEREGISTER, { body: { Node: "never" } }),
  http("deregister-unknown-service", DEREGISTER, { body: { Node: "never", ServiceID: "never" } }),
  http("skip-node-update-missing-node", REGISTER, {
    body: { Node: "skipped", SkipNodeUpdate: true, Service: { Service: "s" } },
  }),
  http("skip-node-update-made", "GET /v1/catalog/node/skipped"),
  http("skip-node-update-removed", DEREGISTER, { body: { Node: "skipped" } }),
];

const NODE_A = {
  ID: ID_ONE,
  Node: "node-a",
  Address: "10.0.0.1",
  TaggedAddresses: { lan: "10.0.0.1", wan: "192.0.2.1" },
  NodeMeta: { rack: "r1", os: "linux" },
};

const registering = [
  http("register-node", REGISTER, { body: NODE_A }),
  http("registered-node", "GET /v1/catalog/node/node-a"),
  http("register-node-again", REGISTER, { body: NODE_A }),
  http("register-node-again-keeps-index", "GET /v1/catalog/node/node-a"),
  http("register-service", REGISTER, {
    body: {
      ...NODE_A,
      Service: { ID: "web-1", Service: "web", Tags: ["v1", "primary"], Port: 8080, Meta: { version: "one" } },
    },
  }),
  http("service-without-address", "GET /v1/catalog/service/web"),
  http("service-bytes", "GET /v1/catalog/service/web", { raw: true }),
  http("service-pretty", "GET /v1/catalog/service/web?pretty", { raw: true }),
  http("register-service-with-everything", REGISTER, {
    body: {
      ID: ID_TWO,
      Node: "node-b",
      Address: "10.0.0.2",
      Service: {
        ID: "web-2",
        Service: "web",
        Tags: ["v2"],
        Address: "10.9.9.2",
        Port: 8081,
        Meta: { a: "1", b: "<&>" },
        TaggedAddresses: { lan: { Address: "10.9.9.2", Port: 8081 }, wan: { Address: "198.51.100.2", Port: 80 } },
        Weights: { Passing: 10, Warning: 2 },
        EnableTagOverride: true,
      },
      Check: { CheckID: "web-2-check", Name: "alive", Status: "warning", Notes: "n", Output: "o", ServiceID: "web-2" },
    },
  }),
  http("service-two-instances", "GET /v1/catalog/service/web"),
  http("service-name-any-case", "GET /v1/catalog/service/WEB"),
  http("node-name-any-case", "GET /v1/catalog/node/NODE-A"),
  http("service-by-tag", "GET /v1/catalog/service/web?tag=v1"),
  http("service-by-two-tags", "GET /v1/catalog/service/web?tag=v1&tag=primary"),
  http("service-by-tags-of-two-instances", "GET /v1/catalog/service/web?tag=v1&tag=v2"),
  http("service-by-tag-any-case", "GET /v1/catalog/service/web?tag=V2"),
  http("service-by-unknown-tag", "GET /v1/catalog/service/web?tag=none"),
  http("service-by-node-meta", "GET /v1/catalog/service/web?node-meta=rack:r1"),
  http("service-by-two-node-metas", "GET /v1/catalog/service/web?node-meta=rack:r1&node-meta=os:linux"),
  http("service-by-other-node-meta", "GET /v1/catalog/service/web?node-meta=rack:r2"),
  http("services-with-tags", "GET /v1/catalog/services", { refine: [sortedTexts()] }),
  http("services-by-node-meta", "GET /v1/catalog/services?node-meta=rack:r1", { refine: [sortedTexts()] }),
  http("services-by-unknown-node-meta", "GET /v1/catalog/services?node-meta=rack:none"),
  http("services-by-malformed-node-meta", "GET /v1/catalog/services?node-meta=rack"),
  http("nodes-all", "GET /v1/catalog/nodes"),
  http("nodes-by-meta", "GET /v1/catalog/nodes?node-meta=rack:r1"),
  http("nodes-by-unknown-meta", "GET /v1/catalog/nodes?node-meta=rack:none"),
  http("nodes-by-malformed-meta", "GET /v1/catalog/nodes?node-meta=rack"),
  http("nodes-near-unknown", "GET /v1/catalog/nodes?near=none"),
  http("node-with-service", "GET /v1/catalog/node/node-b"),
  http("node-services-with-service", "GET /v1/catalog/node-services/node-b"),
  http("check-of-service", "GET /v1/health/node/node-b"),
];

const updating = [
  http("service-id-defaults-to-name", REGISTER, {
    body: { Node: "node-a", Address: "10.0.0.1", Service: { Service: "plain" } },
  }),
  http("register-without-id-forgets-the-id", "GET /v1/catalog/node/node-a"),
  http("service-default-values", "GET /v1/catalog/service/plain"),
  http("same-service-again", REGISTER, {
    body: { Node: "node-a", Address: "10.0.0.1", Service: { Service: "plain" } },
  }),
  http("same-service-keeps-index", "GET /v1/catalog/service/plain"),
  http("changed-service", REGISTER, {
    body: { Node: "node-a", Address: "10.0.0.1", Service: { Service: "plain", Port: 1 } },
  }),
  http("changed-service-moves-index", "GET /v1/catalog/service/plain"),
  http("lower-case-fields", REGISTER, {
    body: { node: "lower", address: "10.0.0.9", service: { service: "lower-svc", port: 9 } },
  }),
  http("lower-case-fields-read", "GET /v1/catalog/service/lower-svc"),
  http("unknown-field-refused", REGISTER, { body: { Node: "lower", Address: "10.0.0.9", Bogus: 1 } }),
  http("check-without-status-is-critical", REGISTER, {
    body: { Node: "node-a", Address: "10.0.0.1", Check: { Name: "node check" } },
  }),
  http("check-id-defaults-to-name", "GET /v1/health/node/node-a"),
  http("check-status-is-not-validated", REGISTER, {
    body: { Node: "node-a", Address: "10.0.0.1", Check: { CheckID: "odd", Name: "odd", Status: "purple" } },
  }),
  http("several-checks", REGISTER, {
    body: {
      Node: "node-a",
      Address: "10.0.0.1",
      Checks: [
        { CheckID: "c1", Name: "c1", Status: "passing" },
        {
          CheckID: "c2",
          Name: "c2",
          Status: "passing",
          ServiceID: "web-1",
          Definition: { HTTP: "http://x", Interval: "10s", Timeout: "1s", DeregisterCriticalServiceAfter: "1m" },
        },
      ],
    },
  }),
  http("several-checks-read", "GET /v1/health/node/node-a"),
  http("check-and-checks-together", REGISTER, {
    body: {
      Node: "node-a",
      Address: "10.0.0.1",
      Check: { CheckID: "c3", Name: "c3" },
      Checks: [{ CheckID: "c4", Name: "c4" }],
    },
  }),
  http("check-for-other-node", REGISTER, {
    body: { Node: "node-a", Address: "10.0.0.1", Check: { Node: "node-b", CheckID: "foreign", Name: "foreign" } },
  }),
  http("foreign-check-on-its-node", "GET /v1/health/node/node-b"),
  http("address-changes", REGISTER, { body: { Node: "node-b", Address: "10.0.0.22" } }),
  http("address-changed", "GET /v1/catalog/node-services/node-b"),
  http("skip-node-update-keeps-address", REGISTER, {
    body: { Node: "node-b", Address: "10.0.0.33", SkipNodeUpdate: true, Service: { Service: "extra" } },
  }),
  http("skip-node-update-kept", "GET /v1/catalog/node-services/node-b"),
  http("forgotten-id-is-free", REGISTER, {
    body: { ID: ID_TWO, Node: "node-x", Address: "10.0.0.3", Service: { Service: "moving" } },
  }),
  http("forgotten-id-leaves-old-node", "GET /v1/catalog/node/node-b"),
  http("rename-by-id", REGISTER, { body: { ID: ID_TWO, Node: "node-c", Address: "10.0.0.3" } }),
  http("renamed-from", "GET /v1/catalog/node/node-x"),
  http("renamed-to", "GET /v1/catalog/node/node-c"),
  http("renamed-service", "GET /v1/catalog/service/moving"),
  http("same-name-other-id", REGISTER, {
    body: { ID: "aaaaaaaa-0000-4000-8000-000000000003", Node: "node-a", Address: "10.0.0.1" },
  }),
  http("id-after-conflict", "GET /v1/catalog/node/node-a"),
  http("empty-node-meta-key", REGISTER, { body: { Node: "meta", Address: "10.0.0.4", NodeMeta: { "": "x" } } }),
  http("address-may-be-a-name", REGISTER, { body: { Node: "named", Address: "host.example.com" } }),
  http("named-node", "GET /v1/catalog/node/named"),
  http("odd-node-name", REGISTER, { body: { Node: "odd name/é", Address: "10.0.0.5" } }),
  http("odd-node-name-read", "GET /v1/catalog/node/odd%20name%2F%C3%A9"),
  http("ipv6-service-address", REGISTER, {
    body: { Node: "six", Address: "2001:db8::1", Service: { Service: "six", Address: "2001:db8::2", Port: 6 } },
  }),
  http("ipv6-service-read", "GET /v1/catalog/service/six"),
];

const connect = [
  http("native-service", REGISTER, {
    body: { Node: "lower", Address: "10.0.0.9", Service: { Service: "native", Connect: { Native: true } } },
  }),
  http("native-is-connect", "GET /v1/catalog/connect/native"),
  http("proxy-without-destination", REGISTER, {
    body: { Node: "lower", Address: "10.0.0.9", Service: { Kind: "connect-proxy", Service: "px", Port: 1 } },
  }),
  http("proxy-without-port", REGISTER, {
    body: {
      Node: "lower",
      Address: "10.0.0.9",
      Service: { Kind: "connect-proxy", Service: "px", Proxy: { DestinationServiceName: "web" } },
    },
  }),
  http("proxy", REGISTER, {
    body: {
      Node: "lower",
      Address: "10.0.0.9",
      Service: { Kind: "connect-proxy", Service: "px", Port: 1, Proxy: { DestinationServiceName: "web" } },
    },
  }),
  http("proxy-is-connect", "GET /v1/catalog/connect/web"),
  http("proxy-as-service", "GET /v1/catalog/service/px"),
];

const removing = [
  http("deregister-check", DEREGISTER, { body: { Node: "node-a", CheckID: "c1" } }),
  http("deregister-check-twice", DEREGISTER, { body: { Node: "node-a", CheckID: "c1" } }),
  http("check-gone", "GET /v1/health/node/node-a"),
  http("deregister-service-takes-its-checks", DEREGISTER, { body: { Node: "node-a", ServiceID: "web-1" } }),
  http("service-check-gone", "GET /v1/health/node/node-a"),
  http("service-gone", "GET /v1/catalog/node/node-a"),
  http("deregister-service-and-check", DEREGISTER, { body: { Node: "node-a", ServiceID: "plain", CheckID: "c3" } }),
  http("only-the-service-went", "GET /v1/health/node/node-a"),
  http("deregister-node-takes-all", DEREGISTER, { body: { Node: "node-a" } }),
  http("node-gone", "GET /v1/catalog/node/node-a"),
  http("node-checks-gone", "GET /v1/health/node/node-a"),
  http("deregister-needs-exact-name", DEREGISTER, { body: { Node: "NODE-C" } }),
  http("nodes-left", "GET /v1/catalog/nodes"),
  http("services-left", "GET /v1/catalog/services", { refine: [sortedTexts()] }),
];

const modes = [
  http("nodes-consistent", "GET /v1/catalog/nodes?consistent&filter=Node==named"),
  http("nodes-stale", "GET /v1/catalog/nodes?stale&filter=Node==named"),
  http("nodes-max-stale-invalid", "GET /v1/catalog/nodes?max_stale=x"),
  http("nodes-max-stale", "GET /v1/catalog/nodes?max_stale=10s&filter=Node==named"),
  http("nodes-unknown-datacenter", "GET /v1/catalog/nodes?dc=nowhere"),
  http("services-namespace", "GET /v1/catalog/services?ns=default"),
  http("service-cached-miss", "GET /v1/catalog/service/six?cached"),
  http("service-cached-hit", "GET /v1/catalog/service/six?cached"),
  http("service-cached-and-consistent", "GET /v1/catalog/service/six?cached&consistent"),
  http("datacenters-pretty", "GET /v1/catalog/datacenters?pretty", { raw: true }),
];

/** Catalog: registration by hand, its refusals, and every way of reading it. */
export const catalog = area("catalog", [
  ...fresh,
  ...refusals,
  ...registering,
  ...updating,
  ...connect,
  ...removing,
  ...modes,
]);
