import { describe, expect, test } from "bun:test";
import { ask } from "../../support/gossip/member.ts";
import { WHY_NOT } from "./harness/agent.ts";
import { Rig } from "./harness/rig.ts";
import { until } from "./harness/world.ts";

const rig = new Rig();
const text = (words: string) => new TextEncoder().encode(words);

describe.skipIf(WHY_NOT !== "")(`events and queries with Debian's serf ${WHY_NOT}`, () => {
  test("user events go both ways, once to each, the sender included", async () => {
    const { s1, s2, m } = await rig.three();
    m.pool.userEvent("deploy", text("v2"), false);
    for (const agent of [s1, s2]) {
      await until(`${agent.name} hears`, () => agent.heard().includes("user deploy v2"));
    }
    await s1.run("event", "-coalesce=false", "restart", "now");
    await until("this program hears", () => m.heard.includes("user restart now"));
    expect(m.heard.filter((line) => line.startsWith("user "))).toEqual(["user deploy v2", "user restart now"]);
    expect(s2.heard().filter((line) => line === "user deploy v2")).toHaveLength(1);
  });

  test("a member that comes later hears the events of before, unless it asks not to", async () => {
    const { s1, m } = await rig.three();
    await s1.run("event", "-coalesce=false", "early", "bird");
    await until("all heard it", () => m.heard.includes("user early bird"));
    const [late, fresh] = await Promise.all([rig.muster("late"), rig.muster("fresh")]);
    await late.pool.join([s1.at]);
    await fresh.pool.join([s1.at], { ignoreOldEvents: true });
    expect(late.heard).toContain("user early bird");
    await rig.agreed([s1, late, fresh], ["fresh", "late", "m", "s1", "s2"]);
    expect(fresh.heard).not.toContain("user early bird");
  });

  test("a query of this program is acknowledged and answered by all, and by those that its filters mean", async () => {
    const [s1, s2, m] = await Promise.all([
      rig.serf("s1", { tags: { role: "web1" } }),
      rig.serf("s2", { tags: { role: "db" } }),
      rig.muster("m", { tags: { role: "web2" } }),
    ]);
    await m.pool.join([s1.at, s2.at]);
    await rig.agreed([s1, s2, m], ["m", "s1", "s2"]);
    const all = await ask(m, "load", "x");
    expect(all).toEqual({ acks: ["m", "s1", "s2"], answers: ["m heard x", "s1 heard x", "s2 heard x"] });
    const web = await ask(m, "load", "y", { filters: [{ kind: "tag", tag: "role", expression: "^web[0-9]$" }] });
    expect(web.answers).toEqual(["m heard y", "s1 heard y"]);
    const one = await ask(m, "load", "z", { filters: [{ kind: "nodes", names: ["s2", "other"] }] });
    expect(one).toEqual({ acks: ["s2"], answers: ["s2 heard z"] });
    expect(s2.heard().filter((line) => line.startsWith("query load"))).toEqual(["query load x", "query load z"]);
  });

  test("serf query is acknowledged and answered by this program, once with relays, too, and its filters are obeyed", async () => {
    const { s1, m } = await rig.three({ tags: { role: "edge" } });
    const query = async (...args: string[]) => {
      const { code, output } = await s1.run("query", "-format=json", "-timeout=3s", ...args);
      expect(code).toBe(0);
      return JSON.parse(output) as { Acks: string[]; Responses: Record<string, string> };
    };
    const all = await query("load", "x");
    expect(all.Acks.toSorted()).toEqual(["m", "s1", "s2"]);
    expect(all.Responses).toEqual({ m: "m heard x", s1: "s1 heard x", s2: "s2 heard x" });
    expect((await query("-relay-factor=2", "load", "r")).Responses).toEqual({
      m: "m heard r",
      s1: "s1 heard r",
      s2: "s2 heard r",
    });
    expect((await query("-tag=role=ed", "load", "t")).Responses).toEqual({ m: "m heard t" });
    expect((await query("-node=s2", "load", "n")).Responses).toEqual({ s2: "s2 heard n" });
    expect(m.heard.filter((line) => line.startsWith("query "))).toEqual([
      "query load x",
      "query load r",
      "query load t",
    ]);
  });

  test("answers to this program's query may come through other members", async () => {
    const { m } = await rig.three();
    const { acks, answers } = await ask(m, "load", "x", { relayFactor: 2 });
    expect(acks).toEqual(["m", "s1", "s2"]);
    expect(answers).toEqual(["m heard x", "s1 heard x", "s2 heard x"]);
  });

  test("serf reachability finds this program", async () => {
    const { s1 } = await rig.three();
    const { code, output } = await s1.run("reachability", "-verbose");
    expect(code).toBe(0);
    expect(output).toContain("Successfully contacted all live nodes");
    expect(output).toMatch(/\bm\b/);
  });
});
