import { describe, expect, test } from "bun:test";
import { WHY_NOT } from "./harness/agent.ts";
import { startChild } from "./harness/child.ts";
import { Rig } from "./harness/rig.ts";
import { DETECTION_MS_MAX, nextAddress, PORT, until } from "./harness/world.ts";

const rig = new Rig();

describe.skipIf(WHY_NOT !== "")(`a killed process beside Debian's serf ${WHY_NOT}`, () => {
  test("it has failed for all in the formula's time, and is back at once when it starts again", async () => {
    const [s1, s2, m] = await Promise.all([rig.serf("s1"), rig.serf("s2"), rig.muster("m")]);
    await m.pool.join([s1.at, s2.at]);
    const at = { address: nextAddress(), port: PORT };
    const child = await startChild("killed", at, s1.at);
    await rig.agreed([s1, s2, m], ["killed", "m", "s1", "s2"]);
    await child.kill();
    for (const statusOf of [() => m.statusOf("killed"), () => s1.statusOf("killed"), () => s2.statusOf("killed")]) {
      await until("it has failed", async () => (await statusOf()) === "failed", DETECTION_MS_MAX);
    }
    const again = await startChild("killed", at, s2.at);
    try {
      await rig.agreed([s1, s2, m], ["killed", "m", "s1", "s2"]);
    } finally {
      await again.kill();
    }
  });

  // Agents of Serf give a dead one's name to another address only when they have forgotten it, half a minute later.
  test("members of this program give it its name back on another port as soon as it has failed", async () => {
    const [s1, m, n] = await Promise.all([rig.serf("s1"), rig.muster("m"), rig.muster("n")]);
    await m.pool.join([s1.at, n.pool.at]);
    const at = { address: nextAddress(), port: PORT };
    const child = await startChild("killed", at, s1.at);
    await rig.agreed([s1, m, n], ["killed", "m", "n", "s1"]);
    await child.kill();
    await until("all say failed", () => [m, n].every((member) => member.statusOf("killed") === "failed"));
    const moved = { ...at, port: PORT + 1 };
    const again = await startChild("killed", moved, n.pool.at);
    try {
      await rig.agreed([m, n], ["killed", "m", "n", "s1"]);
      expect([m, n].map((member) => member.pool.member("killed")?.at)).toEqual([moved, moved]);
    } finally {
      await again.kill();
    }
  });
});
