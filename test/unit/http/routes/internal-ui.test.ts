import { expect, test } from "bun:test";
import { internalUiRoutes } from "../../../../src/http/routes/internal-ui.ts";
import { uiNode, uiNodes } from "../../../../src/state/internal-ui/nodes.ts";
import { uiGatewayServices, uiServices } from "../../../../src/state/internal-ui/services.ts";
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
