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
      clock: world.rig.clock,
    });
  const pass = () => world.rig.clock.advance(200);
  return { world, remove, state, asked, start, pass };
}

test("the leader asks an agent to compare when something of it was deregistered, once for what comes in a row", () => {
  const { remove, asked, start, pass } = newsRig();
  remove("a", "db");
  start();
  remove("b", "db");
  pass();
  remove("b", "web");
  remove("a");
  pass();
  expect(asked).toEqual(["b", "a", "b"]);
});

test("who doesn't lead asks nobody, and does not catch up later", () => {
  const { remove, asked, state, start, pass } = newsRig();
  state.isLeader = false;
  start();
  remove("a", "web");
  pass();
  state.isLeader = true;
  remove("b", "web");
  pass();
  expect(asked).toEqual(["b"]);
});

test("the end is the end", () => {
  const { world, remove, asked, start, pass } = newsRig();
  const stop = start();
  remove("a", "web");
  stop();
  remove("b", "web");
  start();
  world.rig.publisher.close();
  pass();
  expect(asked).toEqual([]);
});
