import { expect, test } from "bun:test";
import type { Peer } from "../../../../src/rpc/types.ts";
import { Seeker, type SeekerDeps } from "../../../../src/server/join/seeker.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { silentLogger } from "../../../support/silent.ts";

function rig(more: Partial<SeekerDeps>) {
  const clock = new ManualClock();
  const dialled = new Set<string>();
  const names = new Map<string, string[]>();
  const state = { isConnected: false, isJoined: false, givenUp: [] as string[] };
  const seeker = new Seeker({
    peers: {
      dial: (address) => void dialled.add(address),
      forget: (address) => void dialled.delete(address),
      list: () => (state.isConnected ? [{ isConnected: true } as Peer] : []),
    },
    startJoin: [],
    retryJoin: [],
    retryIntervalMs: 30_000,
    retryMax: 0,
    resolve: async (host) => {
      const found = names.get(host);
      if (found === undefined) throw new Error("no such name");
      return found;
    },
    joinHostPort: (host, port) => `${host}:${port}`,
    isJoined: () => state.isJoined,
    onGivenUp: (reason) => void state.givenUp.push(reason),
    clock,
    log: silentLogger,
    ...more,
  });
  return { clock, dialled, names, state, seeker };
}

test("every address is asked, and every one that a name stands for now", async () => {
  const { seeker, dialled, names, clock } = rig({ retryJoin: ["10.0.0.1", "servers:8400"] });
  names.set("servers", ["10.0.1.1", "10.0.1.2"]);
  seeker.start();
  await settle();
  expect([...dialled]).toEqual(["10.0.0.1:8300", "servers:8400", "10.0.1.1:8400", "10.0.1.2:8400"]);
  names.set("servers", ["10.0.1.2", "10.0.1.3"]);
  clock.advance(30_000);
  await settle();
  expect([...dialled]).toEqual(["10.0.0.1:8300", "servers:8400", "10.0.1.2:8400", "10.0.1.3:8400"]);
  seeker.stop();
  expect(clock.pendingMs).toEqual([]);
});

test("names are left alone once the server is in a cluster and connected", async () => {
  const { seeker, dialled, names, clock, state } = rig({ retryJoin: ["servers"] });
  Object.assign(state, { isConnected: true, isJoined: true });
  seeker.start();
  names.set("servers", ["10.0.1.1"]);
  clock.advance(60_000);
  await settle();
  expect([...dialled]).toEqual(["servers:8300"]);
});

test("after retry_max intervals without anybody it gives up, but not as a member of a cluster", async () => {
  const wait = async ({ clock }: ReturnType<typeof rig>, intervals: number) => {
    for (let at = 0; at < intervals; at++) {
      clock.advance(30_000);
      await settle();
    }
  };
  const lonely = rig({ retryJoin: ["10.0.0.9"], retryMax: 3 });
  lonely.seeker.start();
  await settle();
  await wait(lonely, 2);
  expect(lonely.state.givenUp).toEqual([]);
  await wait(lonely, 1);
  expect(lonely.state.givenUp[0]).toContain("10.0.0.9");
  const member = rig({ retryJoin: ["10.0.0.9"], retryMax: 3, isJoined: () => true });
  member.seeker.start();
  await settle();
  await wait(member, 10);
  expect(member.state.givenUp).toEqual([]);
});

test("-join that nobody answers is fatal", async () => {
  const { seeker, clock, state } = rig({ startJoin: ["10.0.0.9"] });
  seeker.start();
  await settle();
  clock.advance(9_999);
  expect(state.givenUp).toEqual([]);
  clock.advance(1);
  expect(state.givenUp[0]).toContain("-join");
  const answered = rig({ startJoin: ["10.0.0.9"] });
  answered.seeker.start();
  answered.state.isConnected = true;
  answered.clock.advance(10_000);
  expect(answered.state.givenUp).toEqual([]);
});

test("an address that is none is refused at once", () => {
  expect(() => rig({ retryJoin: ["a b"] })).toThrow("is not an address");
});
