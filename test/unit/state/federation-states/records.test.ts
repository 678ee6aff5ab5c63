import { expect, test } from "bun:test";
import { federationStateList } from "../../../../src/state/federation-states/queries.ts";
import { emptyState, loaded, recordsOf, rowsOf, saved, stateBinWith } from "../../../support/state-archive.ts";
import { stateRig } from "../../../support/state-rig.ts";
import { World } from "../catalog/world.ts";

function world(): World {
  const made = new World();
  made.register("m", {
    meta: { a: "b" },
    service: {
      ...{ ID: "g", Service: "mesh", Kind: "mesh-gateway", Port: 443, Tags: ["t"] },
      TaggedAddresses: { wan: { Address: "8.8.8.8", Port: 1 } },
      Proxy: { Config: { x: 1 }, MeshGateway: { Mode: "local" }, Expose: {} },
    },
    checks: [{ CheckID: "c", ServiceID: "g", Definition: { Interval: "10s", HTTP: "http://x" } }],
  });
  return made;
}

test("states go out as records that Consul reads, and come back as they were", () => {
  const { db, apply, machine } = stateRig();
  const [gateway] = world().db.$client.query("SELECT doc FROM services").all() as { doc: string }[];
  const [check] = world().db.$client.query("SELECT doc FROM checks").all() as { doc: string }[];
  const [node] = world().db.$client.query("SELECT doc FROM nodes").all() as { doc: string }[];
  const instance = {
    Node: JSON.parse(node?.doc ?? ""),
    Service: JSON.parse(gateway?.doc ?? ""),
    Checks: [JSON.parse(check?.doc ?? ""), { ...JSON.parse(check?.doc ?? ""), CheckID: "n", ServiceTags: null }],
  };
  const UpdatedAt = "2026-11-21T19:44:16.231169174Z";
  apply({
    type: "federation-state.set",
    state: { Datacenter: "dc1", MeshGateways: [instance, { ...instance, Checks: null }], UpdatedAt },
  });
  apply({ type: "federation-state.set", state: { Datacenter: "DC2", UpdatedAt, PrimaryModifyIndex: 7 } });
  machine.flush();
  const archive = saved(db.$client);
  expect(recordsOf(archive).filter(({ type }) => type === 30)).toHaveLength(2);
  const back = emptyState();
  expect(loaded(back, archive).leftOut).toEqual({});
  expect(rowsOf(back).federation_states).toEqual(rowsOf(db.$client).federation_states as unknown[]);
  expect(federationStateList(db).value.map(({ PrimaryModifyIndex }) => PrimaryModifyIndex)).toEqual([1, 7]);
});

test("a gateway without its node or service is not taken", () => {
  const state = { Datacenter: "dc1", MeshGateways: [{ Checks: null }] };
  const db = emptyState();
  expect(loaded(db, stateBinWith([[30, { Op: "upsert", State: state }]])).leftOut).toEqual({ FederationState: 1 });
  expect(rowsOf(db).federation_states).toEqual([]);
});
