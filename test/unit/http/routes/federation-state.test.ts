import { expect, test } from "bun:test";
import { federationStateRoutes } from "../../../../src/http/routes/federation-state.ts";
import { federationStateGet, federationStateList } from "../../../../src/state/federation-states/queries.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { World } from "../../state/catalog/world.ts";

test("a datacenter without mesh gateways is among the states, not among the gateways (observed, Consul 1.8.7)", async () => {
  const world = new World();
  const { send } = httpRig(federationStateRoutes, {
    federationState: {
      list: () => federationStateList(world.db),
      get: (name: string) => federationStateGet(world.db, name),
    },
  });
  const get = async (path: string) => {
    const answer = await send("GET", `/v1/internal/${path}`);
    return [answer.status, await answer.text()];
  };
  world.apply({ type: "federation-state.set", state: { Datacenter: "dc1", UpdatedAt: "t" } });
  const state = '{"Datacenter":"dc1","UpdatedAt":"t","PrimaryModifyIndex":1,"CreateIndex":1,"ModifyIndex":1}';
  expect(await get("federation-states")).toEqual([200, `[${state}]`]);
  expect(await get("federation-states/mesh-gateways")).toEqual([200, "{}"]);
  expect(await get("federation-state/DC1")).toEqual([
    200,
    `{"State":${state},"Index":1,"LastContact":0,"KnownLeader":true,"ConsistencyLevel":""}`,
  ]);
  expect(await get("federation-state/none")).toEqual([404, ""]);
  expect(await get("federation-state/")).toEqual([400, "Bad request: Missing datacenter name"]);
});
