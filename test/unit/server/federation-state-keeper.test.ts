import { expect, test } from "bun:test";
import { FederationStateKeeper } from "../../../src/server/federation-state-keeper.ts";
import { federationStateGet } from "../../../src/state/federation-states/queries.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";
import { World } from "../state/catalog/world.ts";

function rig() {
  const world = new World();
  const clock = new ManualClock();
  const log = new RecordingLogger();
  const failures: Error[] = [];
  let writes = 0;
  const keeper = new FederationStateKeeper({
    ...{ datacenter: "dc1", db: world.db, publisher: world.rig.publisher, clock, log },
    propose(command) {
      writes++;
      const failure = failures.shift();
      return failure === undefined ? world.rig.propose(command) : Promise.reject(failure);
    },
  });
  const state = () => federationStateGet(world.db, "dc1").value;
  return {
    ...{ world, clock, log, failures, keeper, state },
    writes: () => writes,
    async run(ms: number) {
      clock.advance(ms);
      await settle();
    },
  };
}
const mesh = (Status = "passing") => ({
  service: { Service: "mesh", Kind: "mesh-gateway", Port: 1 },
  checks: [{ CheckID: "c", ServiceID: "mesh", Status }],
});

test("without mesh gateways one write says so, and nothing is looked at again", async () => {
  const { keeper, run, state, writes, world, clock } = rig();
  keeper.lead();
  await settle();
  expect(state()).toEqual({
    ...{ Datacenter: "dc1", UpdatedAt: "2027-01-15T08:00:00Z" },
    ...{ PrimaryModifyIndex: 1, CreateIndex: 1, ModifyIndex: 1 },
  });
  await run(1000);
  world.register("n", { service: { Service: "web" } });
  await run(3_600_000);
  expect([writes(), clock.pendingMs]).toEqual([1, []]);
});

test("changes of gateways and their health are written, those of a moment at once", async () => {
  const { keeper, run, state, writes, world } = rig();
  keeper.lead();
  await run(1000);
  world.register("m1", mesh());
  world.register("m2", mesh());
  await run(1000);
  expect([writes(), state()?.MeshGateways?.map(({ Node }) => Node.Node)]).toEqual([2, ["m1", "m2"]]);
  world.register("m1", mesh("critical"));
  await run(1000);
  expect([writes(), state()?.MeshGateways?.[0]?.Checks?.[0]?.Status]).toEqual([3, "critical"]);
  world.apply({ type: "catalog.deregister", node: "m1" });
  world.apply({ type: "catalog.deregister", node: "m2" });
  await run(1000);
  expect(state()?.MeshGateways).toBeUndefined();
});

test("a new leader writes only what is not there yet", async () => {
  const { keeper, run, writes, world } = rig();
  world.register("m1", mesh());
  keeper.lead();
  await run(1000);
  keeper.lead();
  await run(1000);
  expect(writes()).toBe(1);
});

test("a write that failed is tried again; who leads no more writes nothing", async () => {
  const { keeper, run, state, writes, world, failures, log } = rig();
  failures.push(new Error("no quorum"));
  keeper.lead();
  await settle();
  expect([state(), log.messages("warn")]).toEqual([
    undefined,
    ["could not write the mesh gateways of this datacenter, will try again"],
  ]);
  await run(1000);
  expect(state()?.Datacenter).toBe("dc1");
  keeper.stop();
  world.register("m1", mesh());
  await run(60_000);
  expect(writes()).toBe(2);
});
