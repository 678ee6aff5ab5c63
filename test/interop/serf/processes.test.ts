import { expect, test } from "bun:test";
import { startChild } from "./harness/child.ts";
import { Rig } from "./harness/rig.ts";
import { DETECTION_MS_MAX, nextAddress, PORT, until } from "./harness/world.ts";

const rig = new Rig();

test("processes of this program alone: a killed one has failed in the formula's time", async () => {
  const m = await rig.muster("m");
  const child = await startChild("killed", { address: nextAddress(), port: PORT }, m.pool.at);
  await rig.agreed([m], ["killed", "m"]);
  await child.kill();
  await until("it has failed", () => m.statusOf("killed") === "failed", DETECTION_MS_MAX);
  expect(m.heard).toEqual(["member-join m", "member-join killed", "member-failed killed"]);
});
