import { area, http } from "../harness/dsl.ts";
import { anyIndex, shape } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

/** Events: firing, filters, the list. */
export const event = area("event", [
  http("list-empty", "GET /v1/event/list"),
  http("fire", "PUT /v1/event/fire/deploy", { body: "payload <&>", capture: { first: "json:ID" } }),
  // They have no order on their way through the pool: one after the other, the list has it.
  http("first-arrived", "GET /v1/event/list", { until: "deploy", refine: [anyIndex] }),
  http("fire-without-payload", "PUT /v1/event/fire/restart", { capture: { second: "json:ID" } }),
  http("second-arrived", "GET /v1/event/list?name=restart", { until: "restart", refine: [anyIndex] }),
  http("fire-bytes", "PUT /v1/event/fire/bytes?node=n1", { raw: true }),
  http("fire-filters", "PUT /v1/event/fire/filtered?node=n.*&service=web&tag=a", { body: "f" }),
  http("fire-without-name", "PUT /v1/event/fire/"),
  http("fire-by-get", "GET /v1/event/fire/x"),
  http("fire-bad-node", "PUT /v1/event/fire/x?node=("),
  http("fire-bad-service", "PUT /v1/event/fire/x?service=("),
  http("fire-bad-tag", "PUT /v1/event/fire/x?service=a&tag=("),
  http("fire-tag-without-service", "PUT /v1/event/fire/x?tag=a"),
  http("fire-too-large", "PUT /v1/event/fire/x", { body: "y".repeat(600) }),
  http("fire-unknown-datacenter", "PUT /v1/event/fire/x?dc=nowhere"),
  http("list", "GET /v1/event/list", { until: "bytes", refine: [anyIndex] }),
  http("list-by-name", "GET /v1/event/list?name=deploy", { refine: [anyIndex] }),
  http("list-by-unknown-name", "GET /v1/event/list?name=none", { refine: [anyIndex] }),
  http("list-by-node-is-ignored", "GET /v1/event/list?node=other", { refine: [anyIndex] }),
  http("list-by-put", "PUT /v1/event/list"),
]);

const COORD = { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 0.00001 };
const update = (id: string, body: Json) => http(id, "PUT /v1/coordinate/update", { body });

/** Network coordinates. */
export const coordinate = area("coordinate", [
  http("datacenters", "GET /v1/coordinate/datacenters", { refine: [shape()] }),
  http("node-unknown", "GET /v1/coordinate/node/none", { refine: [anyIndex] }),
  http("node-missing", "GET /v1/coordinate/node/", { refine: [anyIndex] }),
  http("update-no-body", "PUT /v1/coordinate/update"),
  update("update-not-json", "nope"),
  update("update-wrong-dimension", { Node: "far", Coord: { ...COORD, Vec: [0] } }),
  update("update-unknown-node", { Node: "never", Coord: COORD }),
  http("update-by-get", "GET /v1/coordinate/update"),
  http("register", "PUT /v1/catalog/register", { body: { Node: "far", Address: "10.0.0.1" } }),
  update("update", { Node: "far", Coord: { ...COORD, Vec: [1, 0, 0, 0, 0, 0, 0, 0] } }),
  http("updated", "GET /v1/coordinate/node/far", { until: '"far"', refine: [anyIndex] }),
  http("nodes-of-unknown-segment", "GET /v1/coordinate/nodes?segment=x", { refine: [anyIndex] }),
  http("unknown-datacenter", "GET /v1/coordinate/nodes?dc=nowhere"),
  http("near-unknown-node", "GET /v1/catalog/nodes?near=none", { refine: [anyIndex] }),
]);

/** Raft's status. */
export const status = area("status", [
  http("leader", "GET /v1/status/leader"),
  http("peers", "GET /v1/status/peers"),
  http("peers-pretty", "GET /v1/status/peers?pretty", { raw: true }),
  http("leader-unknown-datacenter", "GET /v1/status/leader?dc=nowhere"),
  http("peers-unknown-datacenter", "GET /v1/status/peers?dc=nowhere"),
  http("leader-by-put", "PUT /v1/status/leader"),
  http("status-alone", "GET /v1/status"),
]);

/** Snapshots over HTTP. The archive itself is checked by the command line's exchanges. */
export const snapshot = area("snapshot", [
  http("save", "GET /v1/snapshot", { refine: [anyIndex] }),
  http("save-stale", "GET /v1/snapshot?stale", { refine: [anyIndex] }),
  http("save-unknown-datacenter", "GET /v1/snapshot?dc=nowhere"),
  http("restore-nothing", "PUT /v1/snapshot"),
  http("restore-garbage", "PUT /v1/snapshot", { body: "garbage garbage" }),
  http("restore-unknown-datacenter", "PUT /v1/snapshot?dc=nowhere", { body: "x" }),
  http("delete", "DELETE /v1/snapshot"),
  http("post", "POST /v1/snapshot"),
]);
