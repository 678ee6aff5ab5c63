import { expect, test } from "bun:test";
import { ExportedServices } from "../../../../src/model/config-entry/later.ts";
import { exportedServices } from "../../../../src/state/config-entries/exported-services.ts";
import { World } from "../catalog/world.ts";

const entry = (...Services: object[]) =>
  ExportedServices.parse({ Kind: "exported-services", Name: "default", Services });

test("services are listed by name with all their peers; `*` is every service but that of the servers", () => {
  const world = new World();
  for (const name of ["consul", "web", "api"]) world.register("a", { service: { Service: name } });
  expect(exportedServices(world.db).value).toEqual([]);
  const consumers = (...peers: string[]) => peers.map((Peer) => ({ Peer }));
  const services = [
    { Name: "web", Consumers: consumers("west", "east") },
    { Name: "*", Consumers: consumers("north") },
    { Name: "later", Consumers: consumers("east") },
    { Name: "part", Consumers: [{ Partition: "p1" }] },
  ];
  world.apply({ type: "config-entry.set", entry: entry(...services) });
  expect(exportedServices(world.db).value).toEqual([
    { Service: "api", Consumers: { Peers: ["north"] } },
    { Service: "later", Consumers: { Peers: ["east"] } },
    { Service: "web", Consumers: { Peers: ["east", "north", "west"] } },
  ]);
});
