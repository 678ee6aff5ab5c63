import { expect, test } from "bun:test";
import { autopilotGet } from "../../../../src/state/autopilot/queries.ts";
import { stateRig } from "../../../support/state-rig.ts";

const configuration = {
  CleanupDeadServers: true,
  LastContactThreshold: 200e6,
  MaxTrailingLogs: 250,
  MinQuorum: 0,
  ServerStabilizationTime: 10e9,
  RedundancyZoneTag: "",
  DisableUpgradeMigration: false,
  UpgradeVersionTag: "",
};

test("the first leader's configuration is kept, a later one replaces it and keeps its CreateIndex", () => {
  const { db, apply } = stateRig();
  expect(autopilotGet(db)).toBeUndefined();
  expect(apply({ type: "autopilot.set", configuration, cas: 0 })).toBe(true);
  expect(apply({ type: "autopilot.set", configuration: { ...configuration, MinQuorum: 9 }, cas: 0 })).toBe(false);
  expect(apply({ type: "autopilot.set", configuration: { ...configuration, MinQuorum: 3 } })).toBe(true);
  expect(autopilotGet(db)).toEqual({ ...configuration, MinQuorum: 3, CreateIndex: 1, ModifyIndex: 3 });
});

test("a condition holds for the ModifyIndex alone", () => {
  const { db, apply } = stateRig();
  apply({ type: "autopilot.set", configuration });
  expect(apply({ type: "autopilot.set", configuration, cas: 2 })).toBe(false);
  expect(apply({ type: "autopilot.set", configuration, cas: 1 })).toBe(true);
  expect(autopilotGet(db)?.ModifyIndex).toBe(3);
});
