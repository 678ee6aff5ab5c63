import { expect, test } from "bun:test";
import { tellOwners } from "../../../src/server/deregistration-news.ts";
import { nodeIdOf } from "../../support/pool-member.ts";
import { World } from "../state/catalog/world.ts";

function newsRig() {
  const world = new World();
  for (const name of ["a", "b"]) {
    for (const Service of ["web", "db"]) {
      world.register(name, { id: nodeIdOf(name), service: { Service }, checks: [{ CheckID: "serfHealth" }] });
    }
  }
  const remove = (node: string, serviceId?: string) =>
    world.apply({ type: "catalog.deregister", node, ...(serviceId && { serviceId }), onPurpose: { atMs: 1 } });
  const state = { isLeader: true };
  const asked: string[] = [];
  const start = () =>
    tellOwners({
      db: world.db,
      publisher: world.rig.publisher,
      isLeader: () => state.isLeader,
      ask: (node) => asked.push(node),
    });
  return { world, remove, state, asked, start };
}

test("the leader asks an agent to compare for each time that something of it was deregistered, also the whole node", () => {
  const { remove, asked, start } = newsRig();
  remove("a", "db");
  start();
  remove("b", "db");
  remove("a");
  expect(asked).toEqual(["b", "a"]);
});

test("who doesn't lead asks nobody, and does not catch up later", () => {
  const { remove, asked, state, start } = newsRig();
  state.isLeader = false;
  start();
  remove("a", "web");
  state.isLeader = true;
  remove("b", "web");
  expect(asked).toEqual(["b"]);
});

test("the end is the end", () => {
  const { world, remove, asked, start } = newsRig();
  const stop = start();
  stop();
  remove("a", "web");
  start();
  world.rig.publisher.close();
  expect(asked).toEqual([]);
});
