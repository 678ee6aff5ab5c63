import { expect, test } from "bun:test";
import { internalUiRoutes } from "../../../../src/http/routes/internal-ui.ts";
import { uiExportedServices } from "../../../../src/state/internal-ui/exported.ts";
import { uiNode, uiNodes } from "../../../../src/state/internal-ui/nodes.ts";
import { catalogOverview } from "../../../../src/state/internal-ui/overview.ts";
import { uiGatewayServices, uiServices } from "../../../../src/state/internal-ui/services.ts";
import { serviceTopology } from "../../../../src/state/internal-ui/topology.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { World } from "../../state/catalog/world.ts";

function rig() {
  const world = new World();
  const { db } = world;
  const { send } = httpRig(
    internalUiRoutes,
    {
      internalUi: {
        nodes: () => uiNodes(db),
        node: (name: string) => uiNode(db, name),
        overview: () => catalogOverview(db),
        exportedServices: (peer: string) => uiExportedServices(db, peer),
        topology: (service: string, isIngress: boolean) => serviceTopology(db, service, isIngress, "dc1"),
        services: (keep?: never) => uiServices(db, keep),
        gatewayServices: (gateway: string) =>
          uiGatewayServices(db, gateway, { datacenter: "dc1", domains: ["consul."] }),
      },
    },
    { publisher: world.rig.publisher },
  );
  const get = async (path: string) => {
    const answer = await send("GET", `/v1/internal/ui/${path}`);
    return { status: answer.status, text: await answer.text(), index: answer.headers.get("x-consul-index") };
  };
  return { world, get };
}

test("texts are escaped as Go escapes them, indented or not", async () => {
  const { world, get } = rig();
  world.register("n", { checks: [{ CheckID: "c", Output: "<b> & co" }] });
  expect((await get("nodes")).text).toContain('"Output":"\\u003cb\\u003e \\u0026 co"');
  expect((await get("nodes?pretty")).text).toContain('            "Output": "\\u003cb\\u003e \\u0026 co"');
  expect((await get("node/N")).text).toContain('"Output":"\\u003cb\\u003e \\u0026 co"');
});

test("a filter of nodes looks at nodes, one of services at instances (observed, Consul 1.8.7)", async () => {
  const { world, get } = rig();
  world.register("a", { service: { Service: "web" } });
  world.register("b", { service: { Service: "db" } });
  const names = async (path: string) =>
    JSON.parse((await get(path)).text).map((one: { Node?: string; Name?: string }) => one.Node ?? one.Name);
  expect(await names("nodes?filter=Services.Service==db")).toEqual(["b"]);
  expect(await names("services?filter=Node.Node==a")).toEqual(["web"]);
  expect(await get("services?filter=Name==web")).toMatchObject({
    status: 500,
    text: 'Failed to create boolean expression evaluator: Selector "Name" is not valid',
  });
  expect((await get("nodes?filter=Datacenter==dc1")).status).toBe(500);
});

test("an unknown node is 404 with nothing, a missing name is refused", async () => {
  const { get } = rig();
  expect(await get("node/none")).toMatchObject({ status: 404, text: "" });
  expect(await get("node/")).toMatchObject({ status: 400, text: "Missing node name" });
  expect(await get("gateway-services-nodes/")).toMatchObject({ status: 400, text: "Missing gateway name" });
  expect(await get("gateway-services-nodes/none")).toMatchObject({ status: 200, text: "[]" });
});

test("a topology is of an ordinary service or of an ingress gateway, as the caller has to say (Consul's words)", async () => {
  const { get } = rig();
  expect(await get("service-topology/?kind=")).toMatchObject({ status: 400, text: "Missing service name" });
  expect(await get("service-topology/web")).toMatchObject({ status: 400, text: "Missing service kind" });
  expect(await get("service-topology/web?kind=mesh-gateway")).toMatchObject({
    status: 400,
    text: 'Unsupported service kind "mesh-gateway"',
  });
  expect(JSON.parse((await get("service-topology/web?kind=")).text)).toEqual({
    ...{ Protocol: "tcp", TransparentProxy: false, Upstreams: [], Downstreams: [], FilteredByACLs: false },
  });
});

test("the overview and what is exported are lists, also where there is nothing", async () => {
  const { get } = rig();
  expect((await get("catalog-overview")).text).toBe('{"Nodes":[],"Services":[],"Checks":[]}');
  expect((await get("exported-services?peer=p")).text).toBe("[]");
  expect(await get("exported-services")).toMatchObject({ status: 400, text: "Missing peer name" });
});
