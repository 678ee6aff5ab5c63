import { describe, expect, test } from "bun:test";
import { WHY_NOT } from "./harness/agent.ts";
import { Rig } from "./harness/rig.ts";
import { DETECTION_MS_MAX, PORT, until } from "./harness/world.ts";

const rig = new Rig();
const STEADY_MS = 1000 * Number(process.env.INTEROP_STEADY_S ?? 15);

describe.skipIf(WHY_NOT !== "")(`membership with Debian's serf ${WHY_NOT}`, () => {
  test("a member that joins an agent is alive in the whole pool, and knows all of it", async () => {
    const [s1, s2] = await Promise.all([rig.serf("s1"), rig.serf("s2", { tags: { role: "web" } })]);
    expect(await s1.run("join", `${s2.at.address}:${s2.at.port}`)).toMatchObject({ code: 0 });
    const m = await rig.muster("m", { tags: { role: "db", rack: "7" } });
    expect(await m.pool.join([s1.at])).toBe(1);
    await rig.agreed([s1, s2, m], ["m", "s1", "s2"]);
    const seen = (await s2.members()).find(({ name }) => name === "m");
    expect(seen).toMatchObject({ addr: `${m.pool.at.address}:${PORT}`, tags: { role: "db", rack: "7" } });
    expect(m.pool.member("s2")).toMatchObject({ at: s2.at, tags: { role: "web" } });
  });

  test("an agent that joins a member is alive in the whole pool", async () => {
    const [s1, m, n] = await Promise.all([rig.serf("s1"), rig.muster("m"), rig.muster("n")]);
    await n.pool.join([m.pool.at]);
    expect(await s1.run("join", `${m.pool.at.address}:${m.pool.at.port}`)).toMatchObject({ code: 0 });
    await rig.agreed([s1, m, n], ["m", "n", "s1"]);
    expect(n.heard).toContain("member-join s1");
  });

  test("an agent that may not join is told why, and learns of nobody", async () => {
    const s1 = await rig.serf("s1", { tags: { dc: "dc2" } });
    const m = await rig.muster("m", {
      refuse: (members) =>
        members.some(({ tags }) => tags.dc === "dc2") ? "part of wrong datacenter 'dc2'" : undefined,
    });
    expect(await s1.run("join", `${m.pool.at.address}:${m.pool.at.port}`)).toMatchObject({
      code: 1,
      output: expect.stringContaining("remote error: part of wrong datacenter 'dc2'"),
    });
    expect((await s1.members()).map(({ name }) => name)).toEqual(["s1"]);
    await expect(m.pool.join([s1.at])).rejects.toThrow("part of wrong datacenter 'dc2'");
    expect((await s1.members()).map(({ name }) => name)).toEqual(["s1"]);
  });

  test(`nobody is suspected in ${STEADY_MS / 1000} s, coordinates settle, and both sides find all within reach`, async () => {
    const { s1, s2, m } = await rig.three();
    const endMs = performance.now() + STEADY_MS;
    await until(
      "the end",
      async () => {
        expect([await s1.statusOf("m"), m.statusOf("s1"), m.statusOf("s2")]).toEqual(["alive", "alive", "alive"]);
        return performance.now() > endMs;
      },
      STEADY_MS + 10_000,
    );
    const accused = /suspect|refut|failed/i;
    for (const agent of [s1, s2])
      expect(
        agent
          .log()
          .split("\n")
          .filter((line) => accused.test(line)),
      ).toEqual([]);
    expect(m.log.lines.filter(({ message }) => accused.test(message))).toEqual([]);
    const rtt = await s1.run("rtt", "m", "s2");
    expect(rtt).toMatchObject({ code: 0, output: expect.stringMatching(/^Estimated m <-> s2 rtt: \d/) });
    expect(m.pool.coordinateOf("s1")).toBeDefined();
    expect(m.pool.coordinate().Error).toBeLessThan(1.5);
    const reach = await s1.run("reachability");
    expect(reach.output).toContain("Successfully contacted all live nodes");
  });

  test("tags that change are seen on both sides", async () => {
    const { s1, s2, m } = await rig.three({ tags: { role: "db" } });
    m.pool.setTags({ role: "web", weight: "10" });
    await until("the agents see the new tags", async () => {
      const seen = await Promise.all([s1, s2].map((agent) => agent.members()));
      return seen.every((members) => members.some(({ name, tags }) => name === "m" && tags.weight === "10"));
    });
    expect((await s1.run("tags", "-set", "zone=a")).code).toBe(0);
    await until("this program sees it", () => m.pool.member("s1")?.tags.zone === "a");
    expect(m.heard).toContain("member-update s1");
  });

  test("a member that leaves is left for the agents, never failed", async () => {
    const { s1, s2, m } = await rig.three();
    await m.pool.leave();
    await m.pool.close();
    for (const agent of [s1, s2]) {
      await until(`${agent.name} knows`, async () => (await agent.statusOf("m")) === "left");
      await until(`${agent.name} was told`, () => agent.heard().includes("member-leave m"));
      expect(agent.heard()).not.toContain("member-failed m");
    }
  });

  test("an agent that leaves is left for this program, never failed", async () => {
    const { s1, s2, m } = await rig.three();
    await s2.run("leave");
    await until("it is left", () => m.statusOf("s2") === "left");
    expect(m.heard).toContain("member-leave s2");
    expect(m.heard).not.toContain("member-failed s2");
    expect(m.statusOf("s1")).toBe("alive");
    expect(await s1.statusOf("m")).toBe("alive");
  });

  test("a killed agent has failed in the formula's time, and this program makes it leave for all", async () => {
    const { s1, s2, m } = await rig.three();
    await s2.kill();
    await until("it has failed", () => m.statusOf("s2") === "failed", DETECTION_MS_MAX);
    await until("the agent says so, too", async () => (await s1.statusOf("s2")) === "failed", DETECTION_MS_MAX);
    expect(m.heard).toContain("member-failed s2");
    expect(m.pool.forceLeave("s2", false)).toBe(true);
    await until("it is left here", () => m.statusOf("s2") === "left");
    await until("it is left there", async () => (await s1.statusOf("s2")) === "left");
  });

  test("a killed agent that comes back on another port has its name again", async () => {
    const [s1, m] = await Promise.all([rig.serf("s1"), rig.muster("m")]);
    await m.pool.join([s1.at]);
    await rig.agreed([s1, m], ["m", "s1"]);
    await s1.kill();
    await until("it has failed", () => m.statusOf("s1") === "failed", DETECTION_MS_MAX);
    const moved = { address: s1.at.address, port: s1.at.port + 1 };
    const back = await rig.serf("s1", { at: moved });
    expect(await back.run("join", `${m.pool.at.address}:${m.pool.at.port}`)).toMatchObject({ code: 0 });
    await rig.agreed([back, m], ["m", "s1"]);
    expect(m.pool.member("s1")?.at).toEqual(moved);
  });

  test("serf force-leave makes a failed member a left one here, too; with -prune it is forgotten", async () => {
    const { s1, s2, m } = await rig.three();
    await s2.kill();
    await until("both say failed", async () => m.statusOf("s2") === "failed" && (await s1.statusOf("s2")) === "failed");
    expect((await s1.run("force-leave", "s2")).code).toBe(0);
    await until("it is left", () => m.statusOf("s2") === "left");
    expect((await s1.run("force-leave", "-prune", "s2")).code).toBe(0);
    await until("it is forgotten", () => m.statusOf("s2") === undefined);
  });
});
