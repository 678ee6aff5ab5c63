import { area, http } from "../harness/dsl.ts";
import { replacedInBody, sortedTexts } from "../harness/refine.ts";
import type { Exchange } from "../harness/types.ts";

const REGISTER = "PUT /v1/catalog/register";

/** Only the names of the nodes matter in these answers. */
const byNodes = (id: string, expression: string): Exchange =>
  http(id, `GET /v1/catalog/nodes?filter=${encodeURIComponent(expression)}`);

const byService = (id: string, expression: string): Exchange =>
  http(id, `GET /v1/health/service/web?filter=${encodeURIComponent(expression)}`);

/** The position in a parse error is stable; the set of expected tokens is listed in no useful order for people. */
const broken = (id: string, expression: string): Exchange =>
  http(id, `GET /v1/catalog/nodes?filter=${encodeURIComponent(expression)}`, {
    refine: [replacedInBody(/expected: .*/, "expected: <tokens>")],
  });

const filled = [
  http("register-1", REGISTER, {
    body: {
      Node: "f1",
      Address: "10.0.0.1",
      NodeMeta: { rack: "r1", empty: "" },
      Service: { Service: "web", Port: 80, Tags: ["a", "b"], Meta: { version: "1.2" } },
      Check: { CheckID: "c", Name: "c", Status: "passing", ServiceID: "web" },
    },
  }),
  http("register-2", REGISTER, {
    body: { Node: "f-2", Address: "10.0.0.2", Service: { Service: "web", Port: 81, Connect: { Native: true } } },
  }),
];

const good = [
  byNodes("equal", "Node == f1"),
  byNodes("equal-without-blanks", "Node==f1"),
  byNodes("equal-quoted", 'Node == "f-2"'),
  byNodes("equal-raw-quoted", "Node == `f-2`"),
  byNodes("not-equal", "Node != n1"),
  byNodes("and", 'Node != n1 and Address == "10.0.0.1"'),
  byNodes("or", 'Node == f1 or Node == "f-2"'),
  byNodes("not", "not Node == f1 and Node != n1"),
  byNodes("and-before-or", "Node == none and Node == n1 or Node == f1"),
  byNodes("parentheses", 'Node == f1 and (Node == none or Address == "10.0.0.1")'),
  byNodes("double-not", "not not Node == f1"),
  byNodes("in-map", "rack in Meta"),
  byNodes("not-in-map", "rack not in Meta and Node != n1"),
  byNodes("map-contains", "Meta contains rack"),
  byNodes("map-value", "Meta.rack == r1"),
  byNodes("map-value-index", 'Meta["rack"] == r1'),
  byNodes("map-value-missing-never-equal", 'Meta.none == ""'),
  byNodes("map-value-missing-not-equal", "Meta.none != x and Node == f1"),
  byNodes("map-empty", "Meta is empty"),
  byNodes("map-not-empty", "Meta is not empty and Node != n1"),
  byNodes("matches", 'Node matches "^f"'),
  byNodes("not-matches", 'Node not matches "^f" and Node != n1'),
  byNodes("text-contains", 'Address contains "0.0.1" and Node != n1'),
  byNodes("in-text", '"0.0.2" in Address'),
  byNodes("tagged-addresses", "lan in TaggedAddresses"),
  byNodes("unicode-value", 'Node == "ü"'),
  byNodes("escaped-quote", 'Node == "a\\"b"'),
  byService("nested", "Node.Node == f1"),
  byService("int", "Service.Port == 80"),
  byService("int-quoted", 'Service.Port == "80"'),
  byService("int-not-equal", "Service.Port != 80"),
  byService("list-in", "a in Service.Tags"),
  byService("list-not-in", "a not in Service.Tags"),
  byService("list-empty", "Service.Tags is empty"),
  byService("list-contains", "Service.Tags contains b"),
  byService("bool", "Service.Connect.Native == true"),
  byService("service-meta", 'Service.Meta.version == "1.2"'),
  byService("checks-any", "Checks.Status == passing"),
  byService("checks-empty", "Checks is empty"),
  http("empty-filter", "GET /v1/health/service/none?filter="),
  http("catalog-service", "GET /v1/catalog/service/web?filter=ServicePort==81"),
  http("catalog-node", "GET /v1/catalog/node/f1?filter=Port==80"),
  http("catalog-node-nothing", "GET /v1/catalog/node/f1?filter=Port==1"),
  http("health-checks", "GET /v1/health/checks/web?filter=Status==passing"),
  http("health-state", "GET /v1/health/state/any?filter=Node==f1"),
  http("health-node", "GET /v1/health/node/f1?filter=Status!=passing"),
  http("services-take-no-filter", "GET /v1/catalog/services?filter=Bogus==1", { refine: [sortedTexts()] }),
];

const bad = [
  http("blank-filter", "GET /v1/catalog/nodes?filter=%20", {
    refine: [replacedInBody(/expected: .*/, "expected: <tokens>")],
  }),
  byNodes("unknown-selector", "Bogus == 1"),
  byNodes("unknown-nested-selector", "Node.Bogus == 1"),
  byNodes("selector-case-matters", "node == f1"),
  byNodes("text-is-empty", "Node is empty"),
  byNodes("map-equals", "Meta == x"),
  byNodes("bad-regexp", 'Node matches "("'),
  byService("bool-not-bool", "Service.Connect.Native == maybe"),
  byService("int-not-int", "Service.Port == eighty"),
  byService("int-float", "Service.Port == 1.0"),
  byService("int-contains", "Service.Port contains 8"),
  byService("list-equals", "Service.Tags == a"),
  broken("single-quotes", "Node == 'f1'"),
  broken("upper-case-and", "Node == f1 AND Node == f1"),
  broken("less-than", "Node < f1"),
  broken("bare-dash", "Node == f-2"),
  broken("bare-selector", "Node"),
  broken("missing-value", "Node =="),
  broken("missing-selector", "== f1"),
  broken("open-parenthesis", "(Node == f1"),
  broken("extra-parenthesis", "Node == f1)"),
  broken("open-quote", 'Node == "f1'),
  broken("and-alone", "Node == f1 and"),
  broken("two-operators", "Node == == f1"),
  http("agent-services-bad", "GET /v1/agent/services?filter=Bogus==1"),
  http("agent-checks-bad", "GET /v1/agent/checks?filter=Bogus==1"),
  http("health-service-bad", "GET /v1/health/service/web?filter=Bogus==1"),
  http("catalog-service-bad", "GET /v1/catalog/service/web?filter=Bogus==1"),
  http("catalog-node-bad", "GET /v1/catalog/node/f1?filter=Bogus==1"),
];

/** The filter language, on the endpoints that take one. */
export const filter = area("filter", [...filled, ...good, ...bad]);
