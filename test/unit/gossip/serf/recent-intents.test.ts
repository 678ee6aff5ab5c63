import { describe, expect, test } from "bun:test";
import { RecentIntents } from "../../../../src/gossip/serf/recent-intents.ts";

const join = (ltime: number) => ({ kind: "join", ltime }) as const;
const leave = (ltime: number) => ({ kind: "leave", ltime }) as const;

describe("intents of nodes that are not known yet (Serf's recentIntents)", () => {
  test("the newest of a node counts, and only a newer one is news", () => {
    const intents = new RecentIntents();
    expect(intents.add("a", join(5), 0)).toBe(true);
    expect(intents.add("a", leave(5), 0)).toBe(false);
    expect(intents.add("a", leave(4), 0)).toBe(false);
    expect(intents.add("a", leave(6), 0)).toBe(true);
    expect(intents.take("a")).toMatchObject(leave(6));
  });

  test("an intent is used once", () => {
    const intents = new RecentIntents();
    intents.add("a", join(5), 0);
    intents.take("a");
    expect(intents.take("a")).toBeUndefined();
  });

  test("is forgotten after five minutes", () => {
    const intents = new RecentIntents();
    intents.add("a", join(1), 0);
    intents.add("b", join(1), 1);
    intents.expire(300_001);
    expect(intents.take("a")).toBeUndefined();
    expect(intents.take("b")).toBeDefined();
  });

  test("a newer intent lives longer", () => {
    const intents = new RecentIntents();
    intents.add("a", join(1), 0);
    intents.add("b", join(1), 1);
    intents.add("a", join(2), 2);
    intents.expire(300_002);
    expect(intents.take("a")).toBeDefined();
  });

  test("forged names cost a bounded number of entries, and too long ones none", () => {
    const intents = new RecentIntents();
    for (let i = 0; i <= 4096; i++) intents.add(`node-${i}`, join(1), 0);
    expect(intents.take("node-0")).toBeUndefined();
    expect(intents.take("node-1")).toBeDefined();
    expect(intents.add("x".repeat(513), join(1), 0)).toBe(false);
  });
});
