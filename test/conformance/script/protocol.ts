import { area, http } from "../harness/dsl.ts";

const GZIP = { "Accept-Encoding": "gzip" };

/** Every path once by a wrong method and once by OPTIONS: which methods it allows, in which order. */
const PATHS = [
  "/v1/agent/self",
  "/v1/agent/members",
  "/v1/agent/services",
  "/v1/agent/service/register",
  "/v1/agent/service/x",
  "/v1/agent/check/register",
  "/v1/agent/check/pass/x",
  "/v1/agent/maintenance",
  "/v1/agent/health/service/id/x",
  "/v1/catalog/register",
  "/v1/catalog/nodes",
  "/v1/catalog/service/x",
  "/v1/health/service/x",
  "/v1/health/state/any",
  "/v1/kv/x",
  "/v1/session/create",
  "/v1/session/list",
  "/v1/session/renew/x",
  "/v1/txn",
  "/v1/event/fire/x",
  "/v1/event/list",
  "/v1/coordinate/nodes",
  "/v1/coordinate/update",
  "/v1/status/leader",
  "/v1/snapshot",
];

const named = (path: string) => path.slice("/v1/".length).replaceAll("/", "-");

const methods = PATHS.flatMap((path) => [
  http(`patch-${named(path)}`, `PATCH ${path}`),
  http(`options-${named(path)}`, `OPTIONS ${path}`),
]);

const paths = [
  http("root", "GET /"),
  http("ui-off", "GET /ui/"),
  http("unknown-top-level", "GET /nothing"),
  http("v1-alone", "GET /v1"),
  http("v1-slash", "GET /v1/"),
  http("unknown-under-v1", "GET /v1/nothing"),
  http("unknown-under-v1-put", "PUT /v1/nothing", { body: "x" }),
  http("newer-version", "GET /v2/kv/x"),
  http("trailing-slash-on-plain-path", "GET /v1/status/leader/"),
  http("missing-slash-on-prefix-path", "GET /v1/health/service"),
  http("double-slash", "GET /v1//status/leader"),
  http("dot-segment", "GET /v1/./status/leader"),
  http("dot-dot-segment", "GET /v1/kv/../status/leader"),
  http("encoded-path", "GET /v1/st%61tus/leader"),
  http("upper-case-path", "GET /V1/status/leader"),
  http("unprintable", "GET /v1/status/lea%01der"),
  http("newline", "GET /v1/kv/a%0Ab"),
  http("bad-percent", "GET /v1/kv/%zz"),
  http("head", "HEAD /v1/status/leader"),
  http("delete-not-allowed", "DELETE /v1/status/leader"),
  http("trace-not-allowed", "TRACE /v1/status/leader"),
  http("own-method", "FROBNICATE /v1/status/leader"),
];

const bodies = [
  http("pretty", "GET /v1/status/leader?pretty", { raw: true }),
  http("pretty-false", "GET /v1/status/leader?pretty=false", { raw: true }),
  http("not-pretty", "GET /v1/status/leader", { raw: true }),
  http("pretty-object", "GET /v1/catalog/services?pretty", { raw: true }),
  http("pretty-empty-array", "GET /v1/catalog/service/none?pretty", { raw: true }),
  http("pretty-null", "GET /v1/catalog/node/none?pretty", { raw: true }),
  http("null", "GET /v1/catalog/node/none", { raw: true }),
  http("pretty-error", "GET /v1/catalog/service/?pretty", { raw: true }),
  http("gzip", "GET /v1/status/leader", { headers: GZIP }),
  http("gzip-error", "GET /v1/catalog/service/", { headers: GZIP }),
  http("gzip-not-found", "GET /v1/nothing", { headers: GZIP }),
  http("gzip-kv-miss", "GET /v1/kv/none", { headers: GZIP }),
  http("gzip-method-not-allowed", "PUT /v1/status/leader", { headers: GZIP }),
  http("gzip-among-others", "GET /v1/status/leader", { headers: { "Accept-Encoding": "br, gzip;q=0.5" } }),
  http("gzip-refused", "GET /v1/status/leader", { headers: { "Accept-Encoding": "gzip;q=0" } }),
  http("deflate-only", "GET /v1/status/leader", { headers: { "Accept-Encoding": "deflate" } }),
  http("accept-is-ignored", "GET /v1/status/leader", { headers: { Accept: "text/html" } }),
  http("escapes", "PUT /v1/catalog/register", {
    body: { Node: "esc", Address: "10.0.0.1", NodeMeta: { a: '<&>"\\/\u2028\u2029é\t\u007f' } },
  }),
  http("escaped", "GET /v1/catalog/nodes?filter=Node==esc", { raw: true }),
];

const queries = [
  http("stale", "GET /v1/catalog/nodes?stale&filter=Node==none"),
  http("consistent", "GET /v1/catalog/nodes?consistent&filter=Node==none"),
  http("default-consistency", "GET /v1/catalog/nodes?filter=Node==none"),
  http("stale-and-consistent", "GET /v1/health/state/any?stale&consistent"),
  http("leader-parameter", "GET /v1/catalog/nodes?leader&filter=Node==none"),
  http("index-not-a-number", "GET /v1/catalog/nodes?index=abc"),
  http("index-negative", "GET /v1/catalog/nodes?index=-1"),
  http("index-float", "GET /v1/catalog/nodes?index=1.5"),
  http("index-empty", "GET /v1/kv/none?index="),
  http("index-too-large", "GET /v1/catalog/nodes?index=18446744073709551616"),
  http("wait-without-unit", "GET /v1/catalog/nodes?index=1&wait=10"),
  http("wait-nonsense", "GET /v1/catalog/nodes?index=1&wait=soon"),
  http("wait-bad-without-index", "GET /v1/kv/none?wait=soon"),
  http("max-stale-bad", "GET /v1/health/state/any?max_stale=soon"),
  http("unknown-parameter", "GET /v1/status/leader?bogus=1"),
  http("unknown-datacenter", "GET /v1/status/leader?dc=nowhere"),
  http("namespace", "GET /v1/health/state/any?ns=x"),
  http("namespace-default", "GET /v1/session/list?ns=default"),
  http("namespace-header", "GET /v1/session/list", { headers: { "X-Consul-Namespace": "x" } }),
  http("token-header", "GET /v1/session/list", { headers: { "X-Consul-Token": "any" } }),
  http("token-bearer", "GET /v1/session/list", { headers: { Authorization: "Bearer any" } }),
  http("token-basic", "GET /v1/session/list", { headers: { Authorization: "Basic YTpi" } }),
  http("cache-control-bad", "GET /v1/catalog/datacenters?cached", { headers: { "Cache-Control": "max-age=x" } }),
  http("cache-control-unknown", "GET /v1/catalog/datacenters?cached", { headers: { "Cache-Control": "no-cache" } }),
];

/** Rules of HTTP that all endpoints share: methods, paths, bodies, query parameters. */
export const protocol = area("protocol", [...methods, ...paths, ...bodies, ...queries]);

const body = (id: string, line: string, text: string) => http(id, line, { body: text });
const WEB = "PUT /v1/agent/service/register";

/** What stands behind the JSON of a request: nobody looks at it. */
export const bodyEnds = area("body-ends", [
  body("word", "PUT /v1/catalog/register", '{"Node": "x", "Address": "10.0.0.1"} and more'),
  body("second-brace", "PUT /v1/catalog/register", '{"Node": "y", "Address": "10.0.0.2"}}'),
  body("bracket", WEB, '{"Name": "web"}]'),
  body("second-value", WEB, '{"Name": "web"}{"Name": 5}'),
  body("comma-and-brace", WEB, '{"Name": "web"},{'),
  body("check", "PUT /v1/agent/check/register", '{"Name": "c", "TTL": "10s"} x'),
  body("transaction", "PUT /v1/txn", "[] x"),
  body("first-is-refused", WEB, '{"Name": 5} x'),
  body("first-is-cut", WEB, '{"Name": "web"'),
  body("first-is-no-json", WEB, "web {}"),
  http("nodes", "GET /v1/catalog/nodes", { until: '"y"' }),
]);

/** What `http_config` changes on every answer. */
export const protocolConfig = area(
  "protocol-config",
  [
    http("own-header", "GET /v1/status/leader"),
    http("own-header-on-error", "GET /v1/catalog/service/"),
    http("own-header-on-not-found", "GET /v1/nothing"),
    http("blocked", "GET /v1/agent/members"),
    http("blocked-prefix", "GET /v1/agent/members?wan=1"),
    http("blocked-put", "PUT /v1/kv/secret/x", { body: "x" }),
    http("not-blocked", "PUT /v1/kv/other/x", { body: "x" }),
    http("translate-header", "GET /v1/catalog/service/consul"),
    http("own-datacenter", "GET /v1/catalog/datacenters"),
    http("old-datacenter-unknown", "GET /v1/catalog/nodes?dc=dc1"),
    http("large-value-allowed", "PUT /v1/kv/limit", { body: "0123456789" }),
    http("too-large-value", "PUT /v1/kv/limit", { body: "0123456789a" }),
    http("too-large-transaction", "PUT /v1/txn", { body: [{ KV: { Verb: "set", Key: "long/key/of/many/letters" } }] }),
  ],
  {
    datacenter: "East-1",
    http_config: {
      response_headers: { "X-Own": "yes", "Access-Control-Allow-Origin": "*" },
      block_endpoints: ["/v1/agent/members", "/v1/kv/secret/"],
    },
    translate_wan_addrs: true,
    limits: { kv_max_value_size: 10, txn_max_req_len: 20 },
  },
);
