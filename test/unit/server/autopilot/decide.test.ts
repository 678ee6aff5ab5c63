import { describe, expect, test } from "bun:test";
import { decideAutopilot, failureTolerance } from "../../../../src/server/autopilot/decide.ts";
import type { Health, ServerView } from "../../../../src/server/autopilot/health.ts";
import { DEFAULTS, server } from "./fixture.ts";

const well = (sinceMs: number): Health => ({ isHealthy: true, sinceMs, sinceDateMs: 0 });
const ill: Health = { isHealthy: false, sinceMs: 0, sinceDateMs: 0 };
const healthOf = (servers: readonly ServerView[], sinceMs = 0) =>
  new Map(servers.map(({ id, isAlive }) => [id, isAlive ? well(sinceMs) : ill]));
const dead = { isAlive: false, silentMs: 10_000, contactMs: 10_000 };
const voters = (alive: number, gone: number) => [
  ...Array.from({ length: alive }, (_, at) => server(`v${at}`, { isLeader: at === 0 })),
  ...Array.from({ length: gone }, (_, at) => server(`x${at}`, dead)),
];
const decide = (servers: readonly ServerView[], config = DEFAULTS, nowMs = 60_000) =>
  decideAutopilot(config, servers, healthOf(servers), nowMs);

describe("promotion", () => {
  const servers = [...voters(3, 0), server("new", { isVoter: false })];
  test("after the stabilization time of unbroken health, not before", () => {
    const at = (nowMs: number) => decideAutopilot(DEFAULTS, servers, healthOf(servers, 1000), nowMs);
    expect(at(10_999)).toBeUndefined();
    expect(at(11_000)).toMatchObject({ kind: "promote", server: { id: "new" } });
  });
  test("never without health", () => {
    const health = new Map([...healthOf(servers), ["new", ill] as const]);
    expect(decideAutopilot(DEFAULTS, servers, health, 60_000)).toBeUndefined();
  });
  test("never for a server that shall not vote", () => {
    expect(decide([...voters(3, 0), server("new", { isVoter: false, mayVote: false })])).toBeUndefined();
  });
  test("one at a time, and before a dead server is removed", () => {
    const two = [...voters(3, 1), server("n1", { isVoter: false }), server("n2", { isVoter: false })];
    expect(decide(two)).toMatchObject({ kind: "promote", server: { id: "n1" } });
  });
});

describe("dead servers", () => {
  test.each([
    [2, 1, "keep"],
    [3, 1, "remove"],
    [4, 1, "remove"],
    [3, 2, "keep"],
    [1, 1, "keep"],
    [5, 2, "remove"],
  ] as const)("with %d voters alive and %d dead: %s", (alive, gone, kind) => {
    expect(decide(voters(alive, gone))?.kind).toBe(kind);
  });
  test("none is removed below min_quorum", () => {
    expect(decide(voters(3, 1), { ...DEFAULTS, MinQuorum: 3 })?.kind).toBe("remove");
    expect(decide(voters(3, 1), { ...DEFAULTS, MinQuorum: 4 })).toMatchObject({ kind: "keep" });
  });
  test("none is removed when cleanup is off", () => {
    expect(decide(voters(4, 1), { ...DEFAULTS, CleanupDeadServers: false })).toBeUndefined();
  });
  test("one that restarts is given time", () => {
    const servers = [...voters(3, 0), server("x", { ...dead, silentMs: 9999 })];
    expect(decide(servers)).toBeUndefined();
  });
  test("one without a vote goes whatever the voters are", () => {
    const servers = [...voters(1, 1), server("n", { ...dead, isVoter: false })];
    expect(decide(servers)).toMatchObject({ kind: "remove", server: { id: "n" } });
  });
  test("the set of voters never gets empty, however many die and return", () => {
    for (let alive = 1; alive <= 7; alive++) {
      for (let gone = 0; gone <= 7; gone++) {
        let servers = voters(alive, gone);
        for (;;) {
          const decision = decide(servers);
          if (decision?.kind !== "remove") break;
          servers = servers.filter(({ id }) => id !== decision.server.id);
        }
        expect(servers.filter(({ isAlive }) => isAlive)).toHaveLength(alive);
      }
    }
  });
});

test.each([
  [1, 0, 0],
  [3, 0, 1],
  [2, 1, 0],
  [5, 0, 2],
  [4, 1, 1],
])("%d healthy and %d dead voters tolerate %d failures", (alive, gone, tolerance) => {
  const servers = voters(alive, gone);
  expect(failureTolerance(servers, healthOf(servers))).toBe(tolerance);
});
