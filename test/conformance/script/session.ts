import { area, http } from "../harness/dsl.ts";

const CREATE = "PUT /v1/session/create";
const UNKNOWN = "00000000-0000-0000-0000-00000000dead";

const refusals = [
  http("list-empty", "GET /v1/session/list"),
  http("node-empty", "GET /v1/session/node/n1"),
  http("node-missing", "GET /v1/session/node/"),
  http("info-missing", "GET /v1/session/info/"),
  http("info-unknown", `GET /v1/session/info/${UNKNOWN}`),
  http("info-malformed", "GET /v1/session/info/nope"),
  http("destroy-missing", "PUT /v1/session/destroy/"),
  http("destroy-unknown", `PUT /v1/session/destroy/${UNKNOWN}`),
  http("destroy-malformed", "PUT /v1/session/destroy/nope"),
  http("renew-missing", "PUT /v1/session/renew/"),
  http("renew-unknown", `PUT /v1/session/renew/${UNKNOWN}`),
  http("renew-malformed", "PUT /v1/session/renew/nope"),
  http("create-by-get", "GET /v1/session/create"),
  http("create-by-post", "POST /v1/session/create"),
  http("create-not-json", CREATE, { body: "nope" }),
  http("create-wrong-type", CREATE, { body: { Name: 5 } }),
  http("create-short-ttl", CREATE, { body: { TTL: "5s" } }),
  http("create-long-ttl", CREATE, { body: { TTL: "25h" } }),
  http("create-malformed-ttl", CREATE, { body: { TTL: "abc" } }),
  http("create-ttl-without-unit", CREATE, { body: { TTL: "10" } }),
  http("create-ttl-number", CREATE, { body: { TTL: 15 } }),
  http("create-malformed-lock-delay", CREATE, { body: { LockDelay: "abc" } }),
  http("create-unknown-behavior", CREATE, { body: { Behavior: "x" } }),
  http("create-unknown-node", CREATE, { body: { Node: "none" } }),
  http("create-unknown-node-check", CREATE, { body: { NodeChecks: ["none"] } }),
  http("create-unknown-legacy-check", CREATE, { body: { Checks: ["none"] } }),
  http("create-unknown-service-check", CREATE, { body: { ServiceChecks: [{ ID: "none" }] } }),
  http("create-unknown-datacenter", "PUT /v1/session/create?dc=nowhere"),
];

const made = (id: string, body: Record<string, string | number | string[]>) => [
  http(`create-${id}`, CREATE, { body, capture: { [id]: "json:ID" } }),
  http(`info-${id}`, `GET /v1/session/info/@{${id}}`),
];

const shapes = [
  http("create-without-body", CREATE, { capture: { bare: "json:ID" } }),
  http("info-without-body", "GET /v1/session/info/@{bare}"),
  http("info-bytes", "GET /v1/session/info/@{bare}", { raw: true }),
  ...made("named", { Name: "a name", Behavior: "delete", TTL: "10s", LockDelay: "5s" }),
  ...made("seconds", { LockDelay: 7 }),
  ...made("nanoseconds", { LockDelay: 3000000000 }),
  ...made("no-delay", { LockDelay: "0s" }),
  ...made("long-delay", { LockDelay: "70s" }),
  ...made("no-node-checks", { NodeChecks: [] }),
  ...made("no-legacy-checks", { Checks: [] }),
  ...made("zero-ttl", { TTL: "0s" }),
  ...made("ttl-in-hours", { TTL: "24h" }),
  http("unknown-field-ignored", CREATE, { body: { Bogus: 1 } }),
  http("lower-case-fields", CREATE, { body: { name: "low", lockdelay: "1s" }, capture: { low: "json:ID" } }),
  http("lower-case-read", "GET /v1/session/info/@{low}"),
  http("renew-without-ttl", "PUT /v1/session/renew/@{bare}"),
  http("renew-with-ttl", "PUT /v1/session/renew/@{named}"),
  http("destroy", "PUT /v1/session/destroy/@{named}"),
  http("destroyed-info", "GET /v1/session/info/@{named}"),
  http("destroy-again", "PUT /v1/session/destroy/@{named}"),
  http("renew-destroyed", "PUT /v1/session/renew/@{named}"),
  http("info-by-put", "PUT /v1/session/info/@{bare}"),
];

const NODE = { Node: "far", Address: "10.2.0.1" };
const register = (id: string, extra: Record<string, string | { [key: string]: string }>) =>
  http(id, "PUT /v1/catalog/register", { body: { ...NODE, ...extra } });
const held = (id: string, session: string) => http(id, `PUT /v1/kv/${id}?acquire=@{${session}}`, { body: "v" });

const checks = [
  register("node-far", { Check: { CheckID: "alive", Name: "alive", Status: "passing" } }),
  http("far-without-serf-check", CREATE, { body: { Node: "far" } }),
  http("far-with-check", CREATE, {
    body: { Node: "far", NodeChecks: ["alive"], LockDelay: "0s" },
    capture: { far: "json:ID" },
  }),
  http("far-listed-by-node", "GET /v1/session/node/far"),
  http("far-listed-any-case", "GET /v1/session/node/FAR"),
  held("far-lock", "far"),
  register("far-check-warning", { Check: { CheckID: "alive", Name: "alive", Status: "warning" } }),
  http("warning-keeps-session", "GET /v1/session/node/far"),
  register("far-check-critical", { Check: { CheckID: "alive", Name: "alive", Status: "critical" } }),
  http("critical-ends-session", "GET /v1/session/node/far"),
  http("critical-releases-key", "GET /v1/kv/far-lock"),
  http("create-with-critical-check", CREATE, { body: { Node: "far", NodeChecks: ["alive"] } }),
  register("far-check-passing", { Check: { CheckID: "alive", Name: "alive", Status: "passing" } }),
  http("far-delete-behavior", CREATE, {
    body: { Node: "far", NodeChecks: ["alive"], Behavior: "delete", LockDelay: "0s" },
    capture: { deleter: "json:ID" },
  }),
  held("deleted-lock", "deleter"),
  http("deregister-check", "PUT /v1/catalog/deregister", { body: { Node: "far", CheckID: "alive" } }),
  http("missing-check-ends-session", "GET /v1/session/info/@{deleter}"),
  http("delete-behavior-deletes-key", "GET /v1/kv/deleted-lock"),
  http("far-without-checks", CREATE, {
    body: { Node: "far", NodeChecks: [], LockDelay: "0s" },
    capture: { loose: "json:ID" },
  }),
  register("far-service", {
    Service: { ID: "svc", Service: "svc" },
    Check: { CheckID: "svc-check", Name: "c", Status: "passing", ServiceID: "svc" },
  }),
  http("with-service-check", CREATE, {
    body: { Node: "far", NodeChecks: [], ServiceChecks: [{ ID: "svc-check" }], LockDelay: "0s" },
    capture: { bound: "json:ID" },
  }),
  http("with-service-check-read", "GET /v1/session/info/@{bound}"),
  http("deregister-service", "PUT /v1/catalog/deregister", { body: { Node: "far", ServiceID: "svc" } }),
  http("service-gone-ends-session", "GET /v1/session/info/@{bound}"),
  http("deregister-node", "PUT /v1/catalog/deregister", { body: { Node: "far" } }),
  http("node-gone-ends-session", "GET /v1/session/info/@{loose}"),
];

const lockDelay = [
  http("delaying", CREATE, { body: { LockDelay: "1s" }, capture: { delaying: "json:ID" } }),
  http("waiting", CREATE, { body: { LockDelay: "0s" }, capture: { waiting: "json:ID" } }),
  held("delayed", "delaying"),
  http("release-then-acquire-needs-no-delay-1", "PUT /v1/kv/delayed?release=@{delaying}", { body: "v" }),
  http("release-then-acquire-needs-no-delay-2", "PUT /v1/kv/delayed?acquire=@{waiting}", { body: "v" }),
  http("hand-back", "PUT /v1/kv/delayed?release=@{waiting}", { body: "v" }),
  http("hold-again", "PUT /v1/kv/delayed?acquire=@{delaying}", { body: "v" }),
  http("destroy-holder", "PUT /v1/session/destroy/@{delaying}"),
  http("key-released-by-destroy", "GET /v1/kv/delayed"),
  http("acquire-within-lock-delay", "PUT /v1/kv/delayed?acquire=@{waiting}", { body: "v" }),
  http("plain-put-within-lock-delay", "PUT /v1/kv/delayed", { body: "w" }),
  http("acquire-after-lock-delay", "PUT /v1/kv/delayed?acquire=@{waiting}", { body: "v", until: "true" }),
  http("destroy-without-delay", "PUT /v1/session/destroy/@{waiting}"),
  http("third", CREATE, { body: { LockDelay: "0s" }, capture: { third: "json:ID" } }),
  http("acquire-at-once-without-delay", "PUT /v1/kv/delayed?acquire=@{third}", { body: "v" }),
  http("deleting", CREATE, { body: { LockDelay: "60s", Behavior: "delete" }, capture: { deleting: "json:ID" } }),
  held("vanishing", "deleting"),
  http("destroy-deleting", "PUT /v1/session/destroy/@{deleting}"),
  http("vanished", "GET /v1/kv/vanishing"),
  http("vanished-acquire-within-delay", "PUT /v1/kv/vanishing?acquire=@{third}", { body: "v" }),
];

/** Sessions: what is refused, their shapes, what ends them, lock delay. */
export const session = area("session", [...refusals, ...shapes, ...checks, ...lockDelay]);
