import { expect, test } from "bun:test";
import fc from "fast-check";
import { WireError } from "../../../../src/codec/wire-error.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
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

const UpdatedAt = "2026-11-21T19:44:16.231169174Z";

/** A state of two datacenters, one of them with gateways. */
function federated() {
  const rig = stateRig();
  const { $client } = world().db;
  const [node, gateway, check] = ["nodes", "services", "checks"].map((table) => {
    const row = $client.query(`SELECT doc FROM ${table}`).get() as { doc: string };
    return JSON.parse(row.doc);
  });
  const instance = { Node: node, Service: gateway, Checks: [check, { ...check, CheckID: "n", ServiceTags: null }] };
  const MeshGateways = [instance, { ...instance, Checks: null }];
  rig.apply({ type: "federation-state.set", state: { Datacenter: "dc1", MeshGateways, UpdatedAt } });
  rig.apply({ type: "federation-state.set", state: { Datacenter: "DC2", UpdatedAt, PrimaryModifyIndex: 7 } });
  rig.machine.flush();
  return rig.db;
}

test("states go out as records that Consul reads, and come back as they were", () => {
  const db = federated();
  const archive = saved(db.$client);
  expect(recordsOf(archive).filter(({ type }) => type === 30)).toHaveLength(2);
  const back = emptyState();
  expect(loaded(back, archive).leftOut).toEqual({});
  expect(rowsOf(back).federation_states).toEqual(rowsOf(db.$client).federation_states as unknown[]);
  expect(federationStateList(db).value.map(({ PrimaryModifyIndex }) => PrimaryModifyIndex)).toEqual([1, 7]);
});

test("with any bytes changed they are loaded or refused, never another error", () => {
  const archive = saved(federated().$client);
  const change = fc.tuple(fc.nat(archive.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = new Uint8Array(archive);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        loaded(emptyState(), bytes);
      } catch (error) {
        if (!(error instanceof WireError) && !(error instanceof Refusal)) throw error;
      }
    }),
    { numRuns: 100 },
  );
});

test("a gateway without its node or service is not taken", () => {
  const state = { Datacenter: "dc1", MeshGateways: [{ Checks: null }] };
  const db = emptyState();
  expect(loaded(db, stateBinWith([[30, { Op: "upsert", State: state }]])).leftOut).toEqual({ FederationState: 1 });
  expect(rowsOf(db).federation_states).toEqual([]);
});
