import { describe, expect, test } from "bun:test";
import { type CatalogDeps, catalogRoutes } from "../../../../src/http/routes/catalog.ts";
import { type CoordinateDeps, coordinateRoutes } from "../../../../src/http/routes/coordinate.ts";
import { type HealthDeps, healthRoutes } from "../../../../src/http/routes/health.ts";
import { sortByDistance } from "../../../../src/lib/coordinate.ts";
import { CatalogEndpoint } from "../../../../src/server/endpoints/catalog.ts";
import { CoordinateEndpoint } from "../../../../src/server/endpoints/coordinate.ts";
import {
  healthConnect,
  healthIngress,
  healthService,
  nodeWithServices,
} from "../../../../src/state/catalog/queries.ts";
import { healthChecks, healthNode, healthState } from "../../../../src/state/checks/queries.ts";
import { coordinateList, coordinateNode, coordinatesByNode } from "../../../../src/state/coordinates/queries.ts";
import { gatewayServiceList } from "../../../../src/state/gateway-services/queries.ts";
import { nodeList } from "../../../../src/state/nodes/queries.ts";
import { connectNodes, serviceList, serviceNodes } from "../../../../src/state/services/queries.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { settle } from "../../../support/manual-clock.ts";
import { silentLogger } from "../../../support/silent.ts";
import { stateRig } from "../../../support/state-rig.ts";

/** A registry behind its routes, with two instances of `web`: node a passing, node b warning. */
async function registry() {
  const state = stateRig();
  const propose = state.propose.bind(state);
  const { db } = state;
  const catalog = new CatalogEndpoint({ propose, clock: state.clock, datacenter: "dc1" });
  const coordinate = new CoordinateEndpoint({ propose, clock: state.clock, log: silentLogger });
  const api: CatalogDeps & HealthDeps & CoordinateDeps = {
    catalog: {
      register: (registration) => catalog.register(registration),
      deregister: (request) => catalog.deregister(request),
      datacenters: () => ["dc1"],
      nodes: (meta) => nodeList(db, meta),
      services: (meta) => serviceList(db, meta),
      serviceNodes: (name, filter) => serviceNodes(db, name, filter),
      connectNodes: (name, filter) => connectNodes(db, name, filter),
      node: (name) => nodeWithServices(db, name),
      gatewayServices: (gateway) => gatewayServiceList(db, gateway),
    },
    health: {
      node: (name) => healthNode(db, name),
      checks: (service, meta) => healthChecks(db, service, meta),
      state: (status, meta) => healthState(db, status, meta),
      service: (name, filter) => healthService(db, name, filter),
      connect: (name, filter) => healthConnect(db, name, filter),
      ingress: (name, filter) => healthIngress(db, name, filter),
    },
    coordinate: {
      datacenters: () => [],
      nodes: () => coordinateList(db),
      node: (name) => coordinateNode(db, name),
      update: (update) => coordinate.update(update),
    },
    near: {
      sort(items, node, nodeOf) {
        const known = coordinatesByNode(db);
        const from = known.get(node === "_agent" ? "a" : node.toLowerCase());
        return from === undefined ? items : sortByDistance(items, from, (item) => known.get(nodeOf(item)));
      },
    },
  };
  const routes = [...catalogRoutes, ...healthRoutes, ...coordinateRoutes];
  const { send } = httpRig(routes, api, { publisher: state.publisher, clock: state.clock });
  const put = async (path: string, body: unknown) => {
    const response = await send("PUT", path, { body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  };
  const get = async (path: string) => {
    const response = await send("GET", path);
    const text = await response.text();
    const index = Number(response.headers.get("x-consul-index"));
    return {
      status: response.status,
      index,
      text,
      json: text.startsWith("[") || text.startsWith("{") ? JSON.parse(text) : text,
    };
  };
  const instance = (node: string, address: string, tags: string[], status: string) =>
    put("/v1/catalog/register", {
      Node: node,
      Address: address,
      NodeMeta: { rack: node },
      Service: { ID: `web-${node}`, Service: "web", Tags: tags, Port: 80 },
      Check: { CheckID: "c", Name: "c", Status: status, ServiceID: `web-${node}` },
    });
  await instance("a", "10.0.0.1", ["v1", "Main"], "passing");
  await instance("b", "10.0.0.2", ["v1"], "warning");
  return { state, send, put, get };
}

const names = (json: { Node: string | { Node: string } }[]) =>
  json.map(({ Node }) => (typeof Node === "string" ? Node : Node.Node));

describe("catalog over HTTP (recorded, Consul 1.8.7)", () => {
  test.each([
    ["/v1/catalog/service/", "Missing service name"],
    ["/v1/catalog/connect/", "Missing service name"],
    ["/v1/catalog/node/", "Missing node name"],
    ["/v1/catalog/node-services/", "Missing node name"],
    ["/v1/catalog/gateway-services/", "Missing gateway name"],
    ["/v1/health/node/", "Missing node name"],
    ["/v1/health/checks/", "Missing service name"],
    ["/v1/health/service/", "Missing service name"],
    ["/v1/health/state/", "Missing check state"],
    ["/v1/health/service/web?passing=yes", "Invalid value for ?passing"],
  ])("GET %s is refused with 400 %s", async (path, text) => {
    const { get } = await registry();
    expect(await get(path)).toMatchObject({ status: 400, text });
  });

  test("what is not there is [], null or 404, each call in its own way", async () => {
    const { get } = await registry();
    for (const path of [
      "/v1/catalog/service/none",
      "/v1/catalog/connect/web",
      "/v1/health/ingress/web",
      "/v1/health/node/none",
    ]) {
      expect((await get(path)).text).toBe("[]");
    }
    expect((await get("/v1/catalog/node/none")).text).toBe("null");
    expect((await get("/v1/catalog/node-services/none")).text).toBe('{"Node":null,"Services":null}');
    expect((await get("/v1/catalog/gateway-services/none")).text).toBe("null");
    expect(await get("/v1/coordinate/node/none")).toMatchObject({ status: 404, text: "" });
  });

  test("a body that can't be decoded is refused with 400, one that Consul refuses with 500", async () => {
    const { put } = await registry();
    expect(await put("/v1/catalog/register", { Bogus: 1 })).toEqual({
      status: 400,
      text: 'Request decode failed: json: unknown field "Bogus"',
    });
    expect(await put("/v1/catalog/deregister", {})).toEqual({ status: 500, text: "Must provide node" });
  });

  test("tags must all be there, without regard to case; so must node metadata", async () => {
    const { get } = await registry();
    expect(names((await get("/v1/catalog/service/WEB?tag=V1")).json)).toEqual(["a", "b"]);
    expect(names((await get("/v1/catalog/service/web?tag=v1&tag=main")).json)).toEqual(["a"]);
    expect(names((await get("/v1/health/service/web?node-meta=rack:b")).json)).toEqual(["b"]);
    expect(names((await get("/v1/catalog/nodes?node-meta=rack:b")).json)).toEqual(["b"]);
    expect((await get("/v1/catalog/nodes?node-meta=rack")).json).toEqual([]);
    expect((await get("/v1/catalog/services?node-meta=rack:a")).json).toEqual({ web: ["Main", "v1"] });
    expect((await get("/v1/health/state/any?node-meta=rack:b")).json).toHaveLength(1);
  });

  test("?passing drops what has a warning; ?passing=false does not", async () => {
    const { get } = await registry();
    expect(names((await get("/v1/health/service/web?passing")).json)).toEqual(["a"]);
    expect(names((await get("/v1/health/service/web?passing=false")).json)).toEqual(["a", "b"]);
  });

  test("?filter keeps what it selects, on a node its services, and is refused even where there is nothing", async () => {
    const { get } = await registry();
    const filter = (expression: string) => `?filter=${encodeURIComponent(expression)}`;
    expect(names((await get(`/v1/catalog/nodes${filter('Meta.rack == "b"')}`)).json)).toEqual(["b"]);
    expect(names((await get(`/v1/health/service/web${filter('Checks.Status == "warning"')}`)).json)).toEqual(["b"]);
    expect((await get(`/v1/catalog/node/a${filter("Service == none")}`)).json.Services).toEqual({});
    expect((await get(`/v1/catalog/node-services/a${filter("Service == none")}`)).json.Services).toEqual([]);
    expect(await get(`/v1/catalog/node/none${filter("Bogus == x")}`)).toMatchObject({
      status: 500,
      text: 'Failed to create boolean expression evaluator: Selector "Bogus" is not valid',
    });
  });

  test("?near sorts by the estimated round trip and leaves the order when the node has no coordinate", async () => {
    const { get, put, state } = await registry();
    const at = (Node: string, x: number) =>
      put("/v1/coordinate/update", { Node, Coord: { Vec: [x, 0, 0, 0, 0, 0, 0, 0], Error: 1, Height: 0.1 } });
    expect(names((await get("/v1/catalog/nodes?near=b")).json)).toEqual(["a", "b"]);
    expect((await at("a", 1)).status).toBe(200);
    await at("b", 2);
    state.clock.advance(5000);
    expect(names((await get("/v1/catalog/nodes?near=b")).json)).toEqual(["b", "a"]);
    expect(names((await get("/v1/health/service/web?near=B")).json)).toEqual(["b", "a"]);
    expect(names((await get("/v1/health/checks/web?near=_agent")).json)).toEqual(["a", "b"]);
    expect((await get("/v1/coordinate/nodes?segment=other")).json).toEqual([]);
    expect((await get("/v1/coordinate/node/B")).json).toMatchObject([{ Node: "b", Segment: "" }]);
  });

  test("a waiting reader is answered by what it reads and sleeps through all else", async () => {
    const { get, put, send, state } = await registry();
    const { index } = await get("/v1/health/service/web");
    let answered = false;
    const waiting = send("GET", `/v1/health/service/web?index=${index}`).then((response) => {
      answered = true;
      return response;
    });
    await put("/v1/catalog/register", { Node: "c", Address: "10.0.0.3", Service: { Service: "other" } });
    await settle();
    expect(answered).toBe(false);
    await put("/v1/catalog/register", { Node: "a", SkipNodeUpdate: true, Check: { Name: "disk", Status: "critical" } });
    const response = await waiting;
    expect(Number(response.headers.get("x-consul-index"))).toBe(state.index);
    expect(await response.json()).toMatchObject([{ Checks: [{ CheckID: "disk" }, { CheckID: "c" }] }, {}]);
  });
});
