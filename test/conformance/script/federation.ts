import { area, blocking, http, httpRequest } from "../harness/dsl.ts";
import { anyIndex, replacedInBody } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const STATES = "GET /v1/internal/federation-states";
const GATEWAYS = `${STATES}/mesh-gateways`;
const STATE = "GET /v1/internal/federation-state/dc1";
const INDEX = "header:x-consul-index";
/** A leader writes by its own clock, so that what else is written comes between. */
const refine = [
  replacedInBody(/"PrimaryModifyIndex":\d+/g, '"PrimaryModifyIndex":"<index>"'),
  replacedInBody(/"Index":("<[^>]*>"|\d+)/g, '"Index":"<index>"'),
  anyIndex,
];

const gateway = (Node: string, more: { readonly [key: string]: Json } = {}): Json => ({
  Node,
  Address: "10.9.0.1",
  Service: {
    ID: "mg",
    Service: "mesh",
    Kind: "mesh-gateway",
    Port: 443,
    Meta: { "consul-wan-federation": "1" },
    TaggedAddresses: { wan: { Address: "8.8.8.8", Port: 8443 } },
  },
  Check: { CheckID: "mc", Name: "mc", Status: "passing", ServiceID: "mg" },
  ...more,
});
const register = (id: string, body: Json) => http(id, "PUT /v1/catalog/register", { body });

const shapes = [
  http("states-at-start", STATES, { until: "UpdatedAt", refine }),
  http("gateways-at-start", GATEWAYS, { refine }),
  http("gateways-at-start-bytes", GATEWAYS, { raw: true, refine }),
  http("state-at-start", STATE, { refine }),
  http("state-any-case", "GET /v1/internal/federation-state/DC1", { refine }),
  http("state-unknown", "GET /v1/internal/federation-state/nowhere"),
  http("state-missing", "GET /v1/internal/federation-state/"),
  http("states-trailing-slash", `${STATES}/`),
  http("states-by-put", "PUT /v1/internal/federation-states", { body: {} }),
  http("state-by-delete", "DELETE /v1/internal/federation-state/dc1"),
  http("gateways-by-post", "POST /v1/internal/federation-states/mesh-gateways", { body: {} }),
  http("options-states", "OPTIONS /v1/internal/federation-states"),
  http("states-filter-is-ignored", `${STATES}?filter=Nope==x`, { refine }),
  http("states-unknown-datacenter", `${STATES}?dc=nowhere`),
  http("state-unknown-datacenter", `${STATE}?dc=nowhere`),
  http("states-with-namespace", `${STATES}?ns=x`, { refine }),
  http("states-stale", `${STATES}?stale`, { refine }),
  http("states-consistent", `${STATES}?consistent`, { refine }),
  http("states-conflict", `${STATES}?stale&consistent`),
  http("states-bad-index", `${STATES}?index=x`),
  http("state-stale", `${STATE}?stale`, { refine }),
  http("state-consistent", `${STATE}?consistent`, { refine }),
];

const followed = [
  register("gateway", gateway("m1")),
  http("states-with-gateway", STATES, { until: "MeshGateways", refine }),
  http("gateways-with-gateway", GATEWAYS, { until: "mesh", refine }),
  http("state-with-gateway", STATE, { until: "MeshGateways", refine, capture: { before: INDEX } }),
  blocking("state-waits", `${STATE}?index=@{before}&wait=300ms`, { refine, compareTo: ["before"] }),
  register(
    "second-gateway",
    gateway("m0", { Service: { ID: "other", Service: "Other", Kind: "mesh-gateway", Port: 1 }, Check: null }),
  ),
  http("both-gateways", GATEWAYS, { until: "Other", refine }),
  register("unrelated", { Node: "m1", Address: "10.9.0.1", Service: { Service: "web", Port: 1 } }),
  register("gateway-fails", {
    Node: "m1",
    Address: "10.9.0.1",
    Check: { CheckID: "mc", Name: "mc", Status: "critical", ServiceID: "mg" },
  }),
  http("states-with-failed-gateway", STATES, { until: '"critical"', refine }),
  http("gateways-with-the-failed", GATEWAYS, { until: '"critical"', refine }),
  http("gateway-warns", "PUT /v1/catalog/register", {
    body: {
      Node: "m1",
      Address: "10.9.0.1",
      Check: { CheckID: "mc", Name: "mc", Status: "warning", ServiceID: "mg" },
    },
  }),
  http("states-with-warning-gateway", STATE, { until: '"warning"', refine, capture: { warned: INDEX } }),
  http("gateways-with-warning", GATEWAYS, { refine }),
  blocking("state-woken-by-gateway", `${STATE}?index=@{warned}&wait=10s`, {
    meanwhile: [httpRequest("PUT /v1/catalog/deregister", { body: { Node: "m1" } })],
    compareTo: ["warned"],
    refine,
  }),
  http("second-leaves", "PUT /v1/catalog/deregister", { body: { Node: "m0" } }),
  http("states-without-gateways", STATES, { untilNot: "MeshGateways", refine }),
  http("gateways-without-any", GATEWAYS, { untilNot: "Other", refine }),
];

/** Which mesh gateways a datacenter has, as the others see it. */
export const federation = area("federation", [...shapes, ...followed]);
