import { area, blocking, http, httpRequest } from "../harness/dsl.ts";
import type { Json } from "../harness/types.ts";

const INDEX = "header:x-consul-index";
const put = (key: string, body: string) => httpRequest(`PUT /v1/kv/${key}`, { body });
const register = (body: Json) => httpRequest("PUT /v1/catalog/register", { body });
const web = (port: number): Json => ({ Node: "b1", Address: "10.0.0.1", Service: { Service: "web", Port: port } });

const keys = [
  http("put", "PUT /v1/kv/a", { body: "1" }),
  http("get", "GET /v1/kv/a", { capture: { a: INDEX } }),
  blocking("lower-index-answers-at-once", "GET /v1/kv/a?index=1&wait=10s", { compareTo: ["a"] }),
  blocking("index-0-answers-at-once", "GET /v1/kv/a?index=0&wait=10s", { compareTo: ["a"] }),
  blocking("times-out", "GET /v1/kv/a?index=@{a}&wait=200ms", { compareTo: ["a"] }),
  blocking("future-index-times-out", "GET /v1/kv/a?index=1000000&wait=200ms", { compareTo: ["a"] }),
  blocking("woken-by-write", "GET /v1/kv/a?index=@{a}&wait=10s", { meanwhile: [put("a", "2")], compareTo: ["a"] }),
  http("get-2", "GET /v1/kv/a", { capture: { a2: INDEX } }),
  blocking("not-woken-by-other-key", "GET /v1/kv/a?index=@{a2}&wait=300ms", {
    meanwhile: [put("b", "1")],
    compareTo: ["a2"],
  }),
  blocking("not-woken-by-same-value", "GET /v1/kv/a?index=@{a2}&wait=300ms", {
    meanwhile: [put("a", "2")],
    compareTo: ["a2"],
  }),
  blocking("woken-by-flags", "GET /v1/kv/a?index=@{a2}&wait=10s", {
    meanwhile: [put("a?flags=9", "2")],
    compareTo: ["a2"],
  }),
  http("get-3", "GET /v1/kv/a", { capture: { a3: INDEX } }),
  blocking("woken-by-delete", "GET /v1/kv/a?index=@{a3}&wait=10s", {
    meanwhile: [httpRequest("DELETE /v1/kv/a")],
    compareTo: ["a3"],
  }),
  // Whether an unrelated write wakes a query on a missing key hangs on the shape of Consul's tree, so it is not asked.
  http("missing-key-has-table-index", "GET /v1/kv/missing", { capture: { missing: INDEX }, compareTo: ["a3"] }),
  http("unrelated-write", "PUT /v1/kv/b", { body: "2" }),
  http("missing-key-index-moves", "GET /v1/kv/missing", { capture: { missing2: INDEX }, compareTo: ["missing"] }),
  blocking("missing-key-woken-by-creation", "GET /v1/kv/missing?index=@{missing2}&wait=10s", {
    meanwhile: [put("missing", "here")],
    compareTo: ["missing2"],
  }),
  blocking("raw-times-out", "GET /v1/kv/missing?raw&index=1000000&wait=200ms"),
  blocking("wait-with-fraction", "GET /v1/kv/missing?index=1000000&wait=0.2s"),
];

const prefixes = [
  http("prefix-put", "PUT /v1/kv/p/1", { body: "1" }),
  http("prefix-get", "GET /v1/kv/p/?recurse", { capture: { p: INDEX } }),
  http("prefix-other-write", "PUT /v1/kv/q", { body: "1" }),
  http("prefix-index-unmoved", "GET /v1/kv/p/?recurse", { compareTo: ["p"] }),
  blocking("prefix-times-out", "GET /v1/kv/p/?recurse&index=@{p}&wait=300ms", {
    meanwhile: [put("q", "2")],
    compareTo: ["p"],
  }),
  blocking("prefix-woken-by-new-key", "GET /v1/kv/p/?recurse&index=@{p}&wait=10s", {
    meanwhile: [put("p/2", "1")],
    compareTo: ["p"],
  }),
  http("keys-get", "GET /v1/kv/p/?keys", { capture: { p2: INDEX } }),
  blocking("keys-woken-by-delete", "GET /v1/kv/p/?keys&index=@{p2}&wait=10s", {
    meanwhile: [httpRequest("DELETE /v1/kv/p/2")],
    compareTo: ["p2"],
  }),
  http("deleted-key-moves-prefix-index", "GET /v1/kv/p/?recurse", { capture: { p3: INDEX }, compareTo: ["p2"] }),
  blocking("prefix-woken-by-delete-of-tree", "GET /v1/kv/p/?recurse&index=@{p3}&wait=10s", {
    meanwhile: [httpRequest("DELETE /v1/kv/p/?recurse")],
    compareTo: ["p3"],
  }),
  http("empty-prefix-has-table-index", "GET /v1/kv/?recurse", { compareTo: ["p3"] }),
];

const services = [
  http("missing-service", "GET /v1/health/service/web", { capture: { none: INDEX } }),
  blocking("missing-service-woken-by-registration", "GET /v1/health/service/web?index=@{none}&wait=10s", {
    meanwhile: [register(web(80))],
    compareTo: ["none"],
  }),
  http("service", "GET /v1/health/service/web", { capture: { web: INDEX } }),
  blocking("service-times-out", "GET /v1/health/service/web?index=@{web}&wait=200ms", { compareTo: ["web"] }),
  blocking("service-not-woken-by-other-service", "GET /v1/health/service/web?index=@{web}&wait=300ms", {
    meanwhile: [register({ Node: "b2", Address: "10.0.0.2", Service: { Service: "db" } })],
    compareTo: ["web"],
  }),
  blocking("service-not-woken-by-same-registration", "GET /v1/health/service/web?index=@{web}&wait=300ms", {
    meanwhile: [register(web(80))],
    compareTo: ["web"],
  }),
  blocking("service-woken-by-port", "GET /v1/health/service/web?index=@{web}&wait=10s", {
    meanwhile: [register(web(81))],
    compareTo: ["web"],
  }),
  http("service-2", "GET /v1/health/service/web", { capture: { web2: INDEX } }),
  blocking("service-woken-by-node-check", "GET /v1/health/service/web?index=@{web2}&wait=10s", {
    meanwhile: [register({ Node: "b1", Address: "10.0.0.1", Check: { CheckID: "n", Name: "n", Status: "passing" } })],
    compareTo: ["web2"],
  }),
  http("service-3", "GET /v1/health/service/web", { capture: { web3: INDEX } }),
  blocking("service-woken-by-check-output", "GET /v1/health/service/web?index=@{web3}&wait=10s", {
    meanwhile: [
      register({ Node: "b1", Address: "10.0.0.1", Check: { CheckID: "n", Name: "n", Status: "passing", Output: "o" } }),
    ],
    compareTo: ["web3"],
  }),
  http("catalog-service", "GET /v1/catalog/service/web", { capture: { cat: INDEX } }),
  blocking("catalog-service-not-woken-by-check", "GET /v1/catalog/service/web?index=@{cat}&wait=300ms", {
    meanwhile: [register({ Node: "b1", Address: "10.0.0.1", Check: { CheckID: "n", Name: "n", Status: "warning" } })],
    compareTo: ["cat"],
  }),
  http("service-4", "GET /v1/health/service/web", { capture: { web4: INDEX } }),
  blocking("service-woken-by-removal", "GET /v1/health/service/web?index=@{web4}&wait=10s", {
    meanwhile: [httpRequest("PUT /v1/catalog/deregister", { body: { Node: "b1", ServiceID: "web" } })],
    compareTo: ["web4"],
  }),
  http("removed-service-index-is-removal", "GET /v1/health/service/web", { compareTo: ["web4"] }),
  http("never-seen-service-has-removal-index", "GET /v1/health/service/never", { compareTo: ["web4"] }),
];

const lists = [
  http("nodes", "GET /v1/catalog/nodes", { capture: { nodes: INDEX } }),
  blocking("nodes-woken-by-new-node", "GET /v1/catalog/nodes?index=@{nodes}&wait=10s", {
    meanwhile: [register({ Node: "b3", Address: "10.0.0.3" })],
    compareTo: ["nodes"],
  }),
  http("services", "GET /v1/catalog/services", { capture: { services: INDEX } }),
  blocking("services-woken-by-new-service", "GET /v1/catalog/services?index=@{services}&wait=10s", {
    meanwhile: [register({ Node: "b3", Address: "10.0.0.3", Service: { Service: "fresh" } })],
    compareTo: ["services"],
  }),
  http("node", "GET /v1/catalog/node/b3", { capture: { node: INDEX } }),
  blocking("node-woken-by-its-service", "GET /v1/catalog/node/b3?index=@{node}&wait=10s", {
    meanwhile: [register({ Node: "b3", Address: "10.0.0.3", Service: { Service: "fresher" } })],
    compareTo: ["node"],
  }),
  http("state", "GET /v1/health/state/critical", { capture: { state: INDEX } }),
  blocking("state-woken-by-check", "GET /v1/health/state/critical?index=@{state}&wait=10s", {
    meanwhile: [register({ Node: "b3", Address: "10.0.0.3", Check: { CheckID: "x", Name: "x", Status: "critical" } })],
    compareTo: ["state"],
  }),
  http("checks-of-node", "GET /v1/health/node/b3", { capture: { nodeChecks: INDEX } }),
  blocking("checks-of-node-time-out", "GET /v1/health/node/b3?index=@{nodeChecks}&wait=200ms", {
    compareTo: ["nodeChecks"],
  }),
  http("sessions", "GET /v1/session/list", { capture: { sessions: INDEX } }),
  blocking("sessions-woken-by-new-session", "GET /v1/session/list?index=@{sessions}&wait=10s", {
    meanwhile: [httpRequest("PUT /v1/session/create", { body: { Name: "s", LockDelay: "0s" } })],
    compareTo: ["sessions"],
  }),
];

const held = [
  http("session", "PUT /v1/session/create", { body: { LockDelay: "0s" }, capture: { holder: "json:ID" } }),
  http("hold", "PUT /v1/kv/held?acquire=@{holder}", { body: "x" }),
  http("held", "GET /v1/kv/held", { capture: { held: INDEX } }),
  blocking("held-key-woken-by-session-end", "GET /v1/kv/held?index=@{held}&wait=10s", {
    meanwhile: [httpRequest("PUT /v1/session/destroy/@{holder}")],
    compareTo: ["held"],
  }),
];

const hashes = [
  http("agent-service", "PUT /v1/agent/service/register", { body: { Name: "hashed", Port: 1 } }),
  http("hash", "GET /v1/agent/service/hashed", { capture: { hash: "header:x-consul-contenthash" } }),
  blocking("wrong-hash-answers-at-once", "GET /v1/agent/service/hashed?hash=00000000&wait=10s"),
  blocking("same-hash-times-out", "GET /v1/agent/service/hashed?hash=@{hash}&wait=200ms"),
  blocking("hash-woken-by-change", "GET /v1/agent/service/hashed?hash=@{hash}&wait=10s", {
    meanwhile: [httpRequest("PUT /v1/agent/service/register", { body: { Name: "hashed", Port: 2 } })],
  }),
  http("hash-2", "GET /v1/agent/service/hashed", { capture: { hash2: "header:x-consul-contenthash" } }),
  blocking("hash-woken-by-removal", "GET /v1/agent/service/hashed?hash=@{hash2}&wait=10s", {
    meanwhile: [httpRequest("PUT /v1/agent/service/deregister/hashed")],
  }),
];

const events = [
  http("fire", "PUT /v1/event/fire/one", { body: "1" }),
  http("events", "GET /v1/event/list", { until: "one", capture: { events: INDEX } }),
  blocking("events-time-out", "GET /v1/event/list?index=@{events}&wait=200ms"),
  blocking("events-woken-by-event", "GET /v1/event/list?index=@{events}&wait=10s", {
    meanwhile: [httpRequest("PUT /v1/event/fire/two")],
  }),
];

/** Blocking queries: what wakes them, what does not, and how indexes move. */
export const blockingQueries = area("blocking", [
  ...keys,
  ...prefixes,
  ...services,
  ...lists,
  ...held,
  ...hashes,
  ...events,
]);
