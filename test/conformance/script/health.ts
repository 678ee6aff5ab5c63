import { area, http } from "../harness/dsl.ts";

const REGISTER = "PUT /v1/catalog/register";

/** One instance of `web` on a node of its own, with a node check and a service check. */
function instance(name: string, address: string, nodeStatus: string, serviceStatus: string) {
  return http(`register-${name}`, REGISTER, {
    body: {
      Node: name,
      Address: address,
      NodeMeta: { zone: name.endsWith("1") ? "east" : "west" },
      Service: { ID: "web", Service: "web", Port: 80, Tags: [name, "all"] },
      Checks: [
        { CheckID: "host", Name: "host", Status: nodeStatus, Output: "disk" },
        { CheckID: "web", Name: "web alive", Status: serviceStatus, ServiceID: "web", Notes: "note" },
      ],
    },
  });
}

const fresh = [
  http("node-self", "GET /v1/health/node/n1"),
  http("node-unknown", "GET /v1/health/node/none"),
  http("node-missing", "GET /v1/health/node/"),
  http("checks-unknown", "GET /v1/health/checks/none"),
  http("checks-missing", "GET /v1/health/checks/"),
  http("service-unknown", "GET /v1/health/service/none"),
  http("service-missing", "GET /v1/health/service/"),
  http("service-consul", "GET /v1/health/service/consul"),
  http("state-any", "GET /v1/health/state/any"),
  http("state-passing", "GET /v1/health/state/passing"),
  http("state-critical", "GET /v1/health/state/critical"),
  http("state-missing", "GET /v1/health/state/"),
  http("state-unknown", "GET /v1/health/state/purple"),
  http("connect-unknown", "GET /v1/health/connect/none"),
  http("connect-missing", "GET /v1/health/connect/"),
  http("ingress-unknown", "GET /v1/health/ingress/none"),
  http("ingress-missing", "GET /v1/health/ingress/"),
  http("service-by-post", "POST /v1/health/service/web"),
];

const filled = [
  instance("h1", "10.1.0.1", "passing", "passing"),
  instance("h2", "10.1.0.2", "passing", "warning"),
  instance("h3", "10.1.0.3", "passing", "critical"),
  instance("h4", "10.1.0.4", "critical", "passing"),
  instance("h5", "10.1.0.5", "warning", "passing"),
  http("service-all", "GET /v1/health/service/web"),
  http("service-bytes", "GET /v1/health/service/web?tag=h1", { raw: true }),
  http("service-any-case", "GET /v1/health/service/Web?tag=h1"),
  http("service-passing", "GET /v1/health/service/web?passing"),
  http("service-passing-true", "GET /v1/health/service/web?passing=true"),
  http("service-passing-1", "GET /v1/health/service/web?passing=1"),
  http("service-passing-false", "GET /v1/health/service/web?passing=false&tag=h3"),
  http("service-passing-nonsense", "GET /v1/health/service/web?passing=maybe"),
  http("service-tag", "GET /v1/health/service/web?tag=h2"),
  http("service-two-tags", "GET /v1/health/service/web?tag=h2&tag=all"),
  http("service-tags-nobody-has", "GET /v1/health/service/web?tag=h1&tag=h2"),
  http("service-node-meta", "GET /v1/health/service/web?node-meta=zone:east"),
  http("service-near-unknown", "GET /v1/health/service/web?near=none&passing"),
  http("service-near-agent", "GET /v1/health/service/web?near=_agent&tag=h1"),
  http("checks-of-service", "GET /v1/health/checks/web"),
  http("checks-node-meta", "GET /v1/health/checks/web?node-meta=zone:east"),
  http("checks-bytes", "GET /v1/health/checks/web?node-meta=zone:east", { raw: true }),
  http("node-checks", "GET /v1/health/node/h3"),
  http("node-any-case", "GET /v1/health/node/H3"),
  http("state-warning", "GET /v1/health/state/warning"),
  http("state-critical-now", "GET /v1/health/state/critical"),
  http("state-node-meta", "GET /v1/health/state/any?node-meta=zone:east"),
  http("service-cached-miss", "GET /v1/health/service/web?cached&tag=h1"),
  http("service-cached-hit", "GET /v1/health/service/web?cached&tag=h1"),
  http("service-cached-max-age-invalid", "GET /v1/health/service/web?cached&tag=h1", {
    headers: { "Cache-Control": "max-age=x" },
  }),
  http("service-cached-consistent", "GET /v1/health/service/web?cached&consistent"),
  http("service-consistent", "GET /v1/health/service/web?consistent&tag=h1"),
  http("service-stale", "GET /v1/health/service/web?stale&tag=h1"),
  http("service-unknown-datacenter", "GET /v1/health/service/web?dc=nowhere"),
  http("service-connect-none", "GET /v1/health/connect/web"),
];

const changes = [
  http("node-wide-critical", REGISTER, {
    body: { Node: "h1", Address: "10.1.0.1", Check: { CheckID: "late", Name: "late", Status: "critical" } },
  }),
  http("node-check-hides-service", "GET /v1/health/service/web?passing"),
  http("node-check-gone", "PUT /v1/catalog/deregister", { body: { Node: "h1", CheckID: "late" } }),
  http("service-visible-again", "GET /v1/health/service/web?passing"),
  http("service-name-in-check-follows", REGISTER, {
    body: { Node: "h1", Address: "10.1.0.1", Service: { ID: "web", Service: "webby", Port: 80, Tags: ["new"] } },
  }),
  http("checks-after-rename", "GET /v1/health/node/h1"),
  http("old-name-after-rename", "GET /v1/health/service/web?tag=h1"),
  http("new-name-after-rename", "GET /v1/health/service/webby"),
  http("maintenance-check", REGISTER, {
    body: {
      Node: "h5",
      Address: "10.1.0.5",
      Check: { CheckID: "_node_maintenance", Name: "Node Maintenance Mode", Status: "critical" },
    },
  }),
  http("maintenance-in-state", "GET /v1/health/state/critical"),
  http("proxy", REGISTER, {
    body: {
      Node: "h2",
      Address: "10.1.0.2",
      Service: {
        Kind: "connect-proxy",
        ID: "web-px",
        Service: "web-px",
        Port: 20,
        Proxy: { DestinationServiceName: "web", Upstreams: [{ DestinationName: "db", LocalBindPort: 5 }] },
      },
    },
  }),
  http("connect-proxy-shown", "GET /v1/health/connect/web"),
];

/** Health: what the catalog's checks say of nodes and services. */
export const health = area("health", [...fresh, ...filled, ...changes]);
