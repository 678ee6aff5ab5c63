import { expect, test } from "bun:test";
import { Reaper } from "../../../../src/agent/sync/reaper.ts";
import { agentRig } from "../../../support/agent-rig.ts";
import { settle } from "../../../support/manual-clock.ts";

async function reapingRig(after: string) {
  const rig = agentRig();
  const { state, clock, log, registrar } = rig;
  const reaper = new Reaper({ state, clock, log, deregister: (id) => registrar.deregisterService(id) });
  reaper.start();
  await rig.service({ Name: "web", Check: { TTL: "10h", DeregisterCriticalServiceAfter: after } });
  return rig;
}

test("reaper: 5 seconds count as a minute, and it looks every 30 seconds", async () => {
  const rig = await reapingRig("5s");
  rig.clock.advance(60_000);
  await settle();
  expect(rig.state.services()).toHaveLength(1);
  rig.clock.advance(30_000);
  await settle();
  expect(rig.state.services()).toEqual([]);
});

test("reaper: one good result starts the time anew", async () => {
  const rig = await reapingRig("2m");
  rig.clock.advance(100_000);
  await rig.registrar.updateTtl("service:web", "passing", "");
  await rig.registrar.updateTtl("service:web", "critical", "");
  rig.clock.advance(110_000);
  await settle();
  expect(rig.state.services()).toHaveLength(1);
  rig.clock.advance(40_000);
  await settle();
  expect(rig.state.services()).toEqual([]);
});
