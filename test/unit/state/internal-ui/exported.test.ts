import { expect, test } from "bun:test";
import { ExportedServices } from "../../../../src/model/config-entry/later.ts";
import { uiExportedServices } from "../../../../src/state/internal-ui/exported.ts";
import { World } from "../catalog/world.ts";

test("a peer sees the names of what is exported to it, and nothing else of them (Consul 1.14)", () => {
  const world = new World();
  world.register("n", { service: { Service: "web" } });
  world.apply({
    type: "config-entry.set",
    entry: ExportedServices.parse({
      ...{ Kind: "exported-services", Name: "default" },
      Services: [
        { Name: "*", Consumers: [{ Peer: "p1" }] },
        { Name: "db", Consumers: [{ Peer: "p1" }, { Peer: "p2" }] },
      ],
    }),
  });
  const names = (peer: string) => uiExportedServices(world.db, peer).value.map(({ Name }) => Name);
  expect([names("p1"), names("p2"), names("p3")]).toEqual([["db", "web"], ["db"], []]);
  expect(uiExportedServices(world.db, "p2").value[0]).toMatchObject({ Tags: null, Nodes: null, InstanceCount: 0 });
});
