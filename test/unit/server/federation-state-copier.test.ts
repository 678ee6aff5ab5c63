import { expect, test } from "bun:test";
import { FederationStateCopier } from "../../../src/server/federation-state-copier.ts";
import { federationStateList } from "../../../src/state/federation-states/queries.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { silentLogger } from "../../support/silent.ts";
import { World } from "../state/catalog/world.ts";

interface Asked {
  datacenter: string;
  path: string;
  signal: AbortSignal;
  answer(index: number, state: object, status?: number): Promise<void>;
  fail(): Promise<void>;
}

function rig(...names: string[]) {
  const world = new World();
  const clock = new ManualClock();
  const known = new Set(["dc1", ...names]);
  const asked: Asked[] = [];
  const copier = new FederationStateCopier({
    ...{ datacenter: "dc1", datacenters: () => [...known], db: world.db, clock, log: silentLogger },
    propose: (command) => world.rig.propose(command),
    ask: (datacenter, path, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        asked.push({
          ...{ datacenter, path, signal },
          async answer(index, State, status = 200) {
            resolve({ status, index, body: JSON.stringify({ State }) });
            await settle();
          },
          async fail() {
            reject(new Error("No path to datacenter"));
            await settle();
          },
        });
      }),
  });
  const run = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };
  const states = () =>
    federationStateList(world.db).value.map((s) => [s.Datacenter, s.UpdatedAt, s.PrimaryModifyIndex]);
  return { world, copier, known, asked, run, states, last: () => asked.at(-1) as Asked };
}
const said = (Datacenter: string, UpdatedAt: string, ModifyIndex: number) => ({
  ...{ Datacenter, UpdatedAt, PrimaryModifyIndex: ModifyIndex, CreateIndex: 1, ModifyIndex },
});

test("each other datacenter is asked for what it says of itself, then waited for", async () => {
  const { copier, asked, run, states, last, world } = rig("dc2");
  copier.lead();
  await run(1000);
  expect(asked.map(({ datacenter, path }) => [datacenter, path])).toEqual([
    ["dc2", "/v1/internal/federation-state/dc2"],
  ]);
  await last().answer(12, said("dc2", "t1", 12));
  expect(states()).toEqual([["dc2", "t1", 12]]);
  await run(250);
  expect(last().path).toBe("/v1/internal/federation-state/dc2?index=12&wait=300s");
  await last().answer(12, said("dc2", "t1", 12));
  expect(world.rig.index).toBe(1);
  await run(250);
  await last().answer(20, said("dc2", "t2", 20));
  expect(states()).toEqual([["dc2", "t2", 20]]);
});

test("one that can't be reached, or says nothing of itself, is asked again, ever more seldom", async () => {
  const { copier, asked, run, states, last } = rig("dc2");
  copier.lead();
  await run(1000);
  await last().fail();
  await run(999);
  expect(asked).toHaveLength(1);
  await run(1);
  await last().answer(0, {}, 404);
  await run(2000);
  await last().answer(5, said("dc9", "t", 5));
  await run(4000);
  await last().answer(5, { Datacenter: "dc2" });
  expect([asked.length, states()]).toEqual([4, []]);
  await run(8000);
  await last().answer(5, said("dc2", "t", 5));
  expect(states()).toEqual([["dc2", "t", 5]]);
});

test("datacenters that come are followed, those that go are not; what they said is kept for three days", async () => {
  const { copier, asked, known, run, states, last } = rig();
  copier.lead();
  await run(1000);
  expect(asked).toEqual([]);
  known.add("dc2");
  await run(60_000);
  await last().answer(5, said("dc2", "t", 5));
  await run(250);
  known.delete("dc2");
  await run(60_000);
  expect(last().signal.aborted).toBe(true);
  for (let minutes = 0; minutes < 71 * 60; minutes++) await run(60_000);
  expect(states()).toHaveLength(1);
  for (let minutes = 0; minutes < 2 * 60; minutes++) await run(60_000);
  expect(states()).toEqual([]);
});

test("who leads no more asks nobody", async () => {
  const { copier, asked, run, last } = rig("dc2");
  copier.lead();
  await run(1000);
  copier.stop();
  await settle();
  expect(last().signal.aborted).toBe(true);
  await run(600_000);
  expect(asked).toHaveLength(1);
});
