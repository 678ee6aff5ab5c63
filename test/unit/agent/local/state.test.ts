import { expect, test } from "bun:test";
import { agentRig } from "../../../support/agent-rig.ts";

test("agent: a check keeps the service name and tags of its own registration, as in Consul", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Tags: ["a"], Check: { TTL: "10s" } });
  await rig.service({ Name: "shop", ID: "web", Tags: ["b"] });
  expect(rig.state.check("service:web")?.check).toMatchObject({ ServiceName: "web", ServiceTags: ["a"] });
});

test("agent: with discarded outputs a changed output is no change", async () => {
  const rig = agentRig();
  rig.state.configure({ checkUpdateIntervalMs: 0, discardCheckOutput: true });
  await rig.check({ Name: "c", TTL: "10s" });
  await rig.registrar.updateTtl("c", "passing", "one");
  await rig.synced();
  rig.catalog.calls.length = 0;
  await rig.registrar.updateTtl("c", "passing", "two");
  await rig.synced();
  expect(rig.catalog.calls).toEqual([]);
  expect(rig.state.check("c")?.check.Output).toBe("");
});

test("agent: with no check-update interval an output goes to the catalog at once", async () => {
  const rig = agentRig();
  rig.state.configure({ checkUpdateIntervalMs: 0, discardCheckOutput: false });
  await rig.check({ Name: "c", TTL: "10s" });
  await rig.registrar.updateTtl("c", "critical", "two");
  await rig.synced();
  expect(rig.catalog.checks.get("c")?.Output).toBe("two");
});

test("agent: closing stops the timers of deferred outputs", async () => {
  const rig = agentRig();
  await rig.check({ Name: "c", TTL: "10s" });
  await rig.registrar.updateTtl("c", "passing", "one");
  await rig.registrar.updateTtl("c", "passing", "two");
  rig.runners.stopAll();
  rig.state.close();
  rig.syncer.stop();
  expect(rig.clock.pendingMs).toEqual([]);
});
