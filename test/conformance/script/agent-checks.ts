import { area, http } from "../harness/dsl.ts";
import type { Json } from "../harness/types.ts";

const REGISTER = "PUT /v1/agent/check/register";
const refused = (id: string, body: Json) => http(`refused-${id}`, REGISTER, { body });
const read = (id: string, name: string, until?: string) =>
  http(id, `GET /v1/agent/checks?filter=CheckID==%22${name}%22`, until === undefined ? {} : { until });

const refusals = [
  http("none-at-start", "GET /v1/agent/checks"),
  http("register-no-body", REGISTER),
  refused("not-json", "nope"),
  refused("empty", {}),
  refused("wrong-type", { Name: 5 }),
  refused("unknown-field", { Name: "x", TTL: "10s", Bogus: 1 }),
  refused("check-id-field", { CheckID: "x", Name: "x", TTL: "10s" }),
  refused("name-only", { Name: "x" }),
  refused("unknown-service", { Name: "x", TTL: "10s", ServiceID: "none" }),
  refused("unknown-status", { Name: "x", TTL: "10s", Status: "purple" }),
  refused("malformed-ttl", { Name: "x", TTL: "ten" }),
  refused("negative-ttl", { Name: "x", TTL: "-1s" }),
  refused("http-without-interval", { Name: "x", HTTP: "http://x" }),
  refused("tcp-without-interval", { Name: "x", TCP: "x:1" }),
  refused("grpc-without-interval", { Name: "x", GRPC: "x:1" }),
  refused("script-without-interval", { Name: "x", Args: ["true"] }),
  refused("ttl-and-interval", { Name: "x", TTL: "10s", HTTP: "http://x", Interval: "1s" }),
  refused("interval-alone", { Name: "x", Interval: "10s" }),
  refused("args-as-text", { Name: "x", Args: "true", Interval: "10s" }),
  refused("negative-output-size", { Name: "x", TTL: "10s", OutputMaxSize: -1 }),
  http("register-by-post", "POST /v1/agent/check/register", { body: { Name: "x", TTL: "10s" } }),
  http("pass-unknown", "PUT /v1/agent/check/pass/none"),
  http("warn-unknown", "PUT /v1/agent/check/warn/none"),
  http("fail-unknown", "PUT /v1/agent/check/fail/none"),
  http("pass-missing-id", "PUT /v1/agent/check/pass/"),
  http("update-unknown", "PUT /v1/agent/check/update/none", { body: { Status: "passing" } }),
  http("update-no-body", "PUT /v1/agent/check/update/none"),
  http("update-unknown-status", "PUT /v1/agent/check/update/none", { body: { Status: "purple" } }),
  http("update-missing-status", "PUT /v1/agent/check/update/none", { body: {} }),
  http("deregister-unknown", "PUT /v1/agent/check/deregister/none"),
  http("deregister-missing-id", "PUT /v1/agent/check/deregister/"),
  http("pass-by-get", "GET /v1/agent/check/pass/none"),
];

const ttl = [
  http("register-ttl", REGISTER, { body: { ID: "beat", Name: "Beat", TTL: "10m", Notes: "some notes" } }),
  read("ttl-starts-critical", "beat"),
  http("ttl-bytes", "GET /v1/agent/checks", { raw: true }),
  http("pass", "PUT /v1/agent/check/pass/beat"),
  read("passed", "beat"),
  http("warn-with-note", "PUT /v1/agent/check/warn/beat?note=careful%20%3C%26%3E"),
  read("warned", "beat"),
  http("fail-with-note", "PUT /v1/agent/check/fail/beat?note=broken"),
  read("failed", "beat"),
  http("failed-in-catalog", "GET /v1/health/node/n1?filter=CheckID==beat", { until: "broken" }),
  http("update-passing", "PUT /v1/agent/check/update/beat", { body: { Status: "passing", Output: "all good" } }),
  read("updated", "beat"),
  http("updated-in-catalog", "GET /v1/health/node/n1?filter=CheckID==beat", { until: "all good" }),
  http("update-lower-case", "PUT /v1/agent/check/update/beat", { body: { status: "warning", output: "low" } }),
  http("update-unknown-field", "PUT /v1/agent/check/update/beat", { body: { Status: "warning", Bogus: 1 } }),
  http("update-unknown-status-known-check", "PUT /v1/agent/check/update/beat", { body: { Status: "x" } }),
  http("update-long-output", "PUT /v1/agent/check/update/beat", {
    body: { Status: "passing", Output: "long ".repeat(1000) },
  }),
  read("long-output-is-cut", "beat"),
  http("register-ttl-again", REGISTER, { body: { ID: "beat", Name: "Beat", TTL: "10m" } }),
  read("registered-again", "beat"),
  http("register-without-id", REGISTER, { body: { Name: "named check", TTL: "10m", Status: "passing" } }),
  http("id-from-name", "GET /v1/agent/checks?filter=Name==%22named%20check%22"),
  http("id-with-space-passes", "PUT /v1/agent/check/pass/named%20check"),
  http("register-short-ttl", REGISTER, { body: { ID: "short", Name: "short", TTL: "100ms", Status: "passing" } }),
  read("short-expires", "short", "TTL expired"),
  http("register-status-warning", REGISTER, { body: { ID: "w", Name: "w", TTL: "10m", Status: "warning" } }),
  read("status-warning", "w"),
  http("register-small-output", REGISTER, { body: { ID: "tiny", Name: "tiny", TTL: "10m", OutputMaxSize: 10 } }),
  http("small-output-update", "PUT /v1/agent/check/update/tiny", {
    body: { Status: "passing", Output: "0123456789abcdef" },
  }),
  read("small-output", "tiny"),
];

const probes = [
  http("register-script", REGISTER, {
    body: { ID: "script", Name: "script", Args: ["sh", "-c", "echo fine; exit 0"], Interval: "100ms" },
  }),
  read("script-passes", "script", "fine"),
  http("register-script-warning", REGISTER, {
    body: { ID: "script-warn", Name: "s", Args: ["sh", "-c", "echo meh; exit 1"], Interval: "100ms" },
  }),
  read("script-exit-1-warns", "script-warn", "meh"),
  http("register-script-critical", REGISTER, {
    body: { ID: "script-crit", Name: "s", Args: ["sh", "-c", "echo bad >&2; exit 7"], Interval: "100ms" },
  }),
  read("script-other-exit-is-critical", "script-crit", "bad"),
  http("register-script-args-alias", REGISTER, {
    body: { ID: "script-alias", Name: "s", ScriptArgs: ["echo", "hi"], Interval: "100ms" },
  }),
  read("script-args-alias", "script-alias", "hi"),
  http("register-missing-program", REGISTER, {
    body: { ID: "script-none", Name: "s", Args: ["/no/such/program"], Interval: "100ms" },
  }),
  read("missing-program", "script-none", "no such file"),
  http("register-http", REGISTER, {
    body: {
      ID: "http",
      Name: "http",
      HTTP: "http://127.0.0.1:1/health",
      Method: "POST",
      Header: { "X-A": ["1", "2"] },
      Body: "b",
      Interval: "100ms",
      Timeout: "1s",
    },
  }),
  read("http-refused", "http", "refused"),
  http("register-tcp", REGISTER, { body: { ID: "tcp", Name: "tcp", TCP: "127.0.0.1:1", Interval: "100ms" } }),
  read("tcp-refused", "tcp", "refused"),
  http("register-slow-interval", REGISTER, {
    body: { ID: "calm", Name: "calm", TCP: "127.0.0.1:1", Interval: "60m", Status: "passing" },
  }),
  read("status-until-first-run", "calm"),
  http("pass-not-ttl", "PUT /v1/agent/check/pass/script"),
  http("register-alias-node", REGISTER, { body: { ID: "alias-node", Name: "alias", AliasNode: "n1" } }),
  http("register-alias-unknown-service", REGISTER, {
    body: { ID: "alias-none", Name: "alias", AliasService: "not-there" },
  }),
  http("definition-in-catalog", "GET /v1/health/node/n1?filter=CheckID==http", { until: "refused" }),
  http("definition-of-script-in-catalog", "GET /v1/health/node/n1?filter=CheckID==script", { until: "fine" }),
];

const services = [
  http("register-service", "PUT /v1/agent/service/register", { body: { Name: "web", Tags: ["t"], Port: 80 } }),
  http("register-check-for-service", REGISTER, { body: { ID: "web-beat", Name: "b", ServiceID: "web", TTL: "10m" } }),
  http("check-for-service", "GET /v1/agent/checks?filter=ServiceID==web"),
  http("check-for-service-in-catalog", "GET /v1/health/checks/web", { until: "web-beat" }),
  http("checks-by-status", "GET /v1/agent/checks?filter=Status==warning%20and%20CheckID==w"),
  http("checks-bad-selector", "GET /v1/agent/checks?filter=Bogus==1"),
  http("deregister-check", "PUT /v1/agent/check/deregister/web-beat"),
  http("deregistered-check", "GET /v1/agent/checks?filter=ServiceID==web"),
  http("deregistered-check-in-catalog", "GET /v1/health/checks/web", { untilNot: "web-beat" }),
  http("deregister-check-again", "PUT /v1/agent/check/deregister/web-beat"),
];

/** The agent's own checks: refusals, TTL, the active kinds, checks of services. */
export const agentChecks = area("agent-checks", [...refusals, ...ttl, ...probes, ...services], {
  check_update_interval: "0s",
});
