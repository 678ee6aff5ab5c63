import { expect, test } from "bun:test";
import { z } from "zod";
import type { Consensus } from "../../../src/http/deps.ts";
import { READ_QUERY } from "../../../src/http/query-schema.ts";
import { defineRoute, json } from "../../../src/http/route.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { httpRig, leaderless } from "../../support/http-rig.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

interface Deps {
  state: { value: string; index: number; reads: number };
}

const read = (_request: unknown, { state }: Deps) => {
  state.reads++;
  return { value: state.value, index: state.index, interest: { topics: ["thing"] } };
};
const described = {
  method: "GET",
  query: z.object(READ_QUERY),
  summary: "Read",
  answer: z.string(),
  acl: "none",
} as const;
const routes = [
  defineRoute({ ...described, path: "/v1/kv", blocking: "index", read }),
  defineRoute({
    ...described,
    path: "/v1/catalog",
    blocking: "index",
    effectiveConsistency: true,
    agentCache: true,
    read,
  }),
  defineRoute({
    ...described,
    path: "/v1/handled",
    async handle({ readable }, { state }: Deps) {
      return json({ ...(await readable()), value: state.value });
    },
  }),
];

/** A follower; `calls` are the read indexes it asked the leader for. */
function follower(overrides: Partial<Consensus> = {}) {
  const calls: boolean[] = [];
  const consensus: Consensus = {
    isLeader: () => false,
    hasLease: () => false,
    async readIndex(isConfirmed) {
      calls.push(isConfirmed);
    },
    leaderContactMs: () => 12.7,
    knownLeader: () => true,
    ...overrides,
  };
  return { calls, consensus };
}

function rig(consensus: Partial<Consensus>, options: Parameters<typeof httpRig>[2] = {}) {
  const state: Deps["state"] = { value: "a", index: 7, reads: 0 };
  return { state, ...httpRig(routes, { state }, { ...options, consensus }) };
}

/** Status, LastContact, KnownLeader, effective consistency. */
async function headers(answer: Promise<Response>) {
  const { status, headers } = await answer;
  const names = ["x-consul-lastcontact", "x-consul-knownleader", "x-consul-effective-consistency"];
  return [status, ...names.map((name) => headers.get(name))];
}

test("with a lease a default read asks nobody, and what is kept is given at once", async () => {
  const { calls, consensus } = follower({ hasLease: () => true });
  const { send, state } = rig(consensus);
  expect(await headers(send("GET", "/v1/catalog"))).toEqual([200, "0", "true", "leader"]);
  expect(await headers(send("GET", "/v1/catalog"))).toEqual([200, "0", "true", "leader"]);
  expect([calls, state.reads]).toEqual([[], 1]);
});

test("without a lease each default read asks for a read index, also one that is kept, and counts as the leader's", async () => {
  const { calls, consensus } = follower();
  const { send, state } = rig(consensus);
  expect(await headers(send("GET", "/v1/catalog"))).toEqual([200, "0", "true", "leader"]);
  expect(await headers(send("GET", "/v1/catalog"))).toEqual([200, "0", "true", "leader"]);
  expect([calls, state.reads]).toEqual([[false, false], 1]);
});

test("the answer is of the state after the read index came", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { consensus } = follower({ readIndex: () => promise });
  const { send, state } = rig(consensus);
  const answer = send("GET", "/v1/kv");
  await settle();
  state.value = "newer";
  resolve();
  expect(await (await answer).json()).toBe("newer");
});

test("a lease that ended while the answer was read does not count", async () => {
  const leases = [true, false];
  const { calls, consensus } = follower({ hasLease: () => leases.shift() ?? false });
  const { send, state } = rig(consensus);
  expect((await send("GET", "/v1/kv")).status).toBe(200);
  expect([calls, state.reads]).toEqual([[false], 1]);
});

test("a consistent read is confirmed each time, on the leader too", async () => {
  for (const hasLease of [() => true, () => false]) {
    const { calls, consensus } = follower({ hasLease });
    const { send, state } = rig(consensus);
    expect(await headers(send("GET", "/v1/catalog?consistent"))).toEqual([200, "0", "true", "consistent"]);
    expect(await headers(send("GET", "/v1/catalog?consistent"))).toEqual([200, "0", "true", "consistent"]);
    expect([calls, state.reads]).toEqual([[true, true], 2]);
  }
});

test("a stale read asks nobody and tells how long the leader was not heard, also of a kept answer", async () => {
  let contactMs = 12.7;
  const { calls, consensus } = follower({ leaderContactMs: () => contactMs });
  const { send, state } = rig(consensus);
  expect(await headers(send("GET", "/v1/catalog?stale"))).toEqual([200, "12", "true", "stale"]);
  contactMs = 40;
  expect(await headers(send("GET", "/v1/catalog?stale"))).toEqual([200, "40", "true", "stale"]);
  expect([calls, state.reads]).toEqual([[], 1]);
});

test("a stale read on the leader is of now", async () => {
  const { consensus } = follower({ hasLease: () => true, leaderContactMs: () => 0 });
  expect(await headers(rig(consensus).send("GET", "/v1/catalog?stale"))).toEqual([200, "0", "true", "stale"]);
});

test("max_stale is stale while the leader was heard lately, else the leader is asked", async () => {
  let contactMs = 100;
  const { calls, consensus } = follower({ leaderContactMs: () => contactMs });
  const { send } = rig(consensus);
  expect(await headers(send("GET", "/v1/catalog?max_stale=1s"))).toEqual([200, "100", "true", "stale"]);
  contactMs = 1001;
  expect(await headers(send("GET", "/v1/catalog?max_stale=1s"))).toEqual([200, "0", "true", "leader"]);
  expect(await headers(send("GET", "/v1/catalog?stale&max_stale=1s"))).toEqual([200, "0", "true", "leader"]);
  expect(await headers(send("GET", "/v1/catalog?max_stale=0s"))).toEqual([200, "0", "true", "leader"]);
  expect(calls).toEqual([false, false, false]);
});

test("discovery_max_stale makes reads of the catalog stale, no others, unless they ask for the leader", async () => {
  const { calls, consensus } = follower();
  const waitLimits = { defaultQueryTimeMs: 1000, maxQueryTimeMs: 1000, discoveryMaxStaleMs: 1000 };
  const { send } = rig(consensus, { settings: { waitLimits } });
  expect(await headers(send("GET", "/v1/catalog"))).toEqual([200, "12", "true", "stale"]);
  expect(calls).toEqual([]);
  expect(await headers(send("GET", "/v1/kv"))).toEqual([200, "0", "true", null]);
  expect(await headers(send("GET", "/v1/catalog?leader"))).toEqual([200, "0", "true", "leader"]);
  expect(await headers(send("GET", "/v1/catalog?consistent"))).toEqual([200, "0", "true", "consistent"]);
  expect(calls).toEqual([false, false, true]);
});

test("without a leader default and consistent reads are refused, also what is kept, and stale ones say that none is known", async () => {
  let leads = true;
  const lost = leaderless(5000);
  const { send } = rig({ ...lost, hasLease: () => leads });
  await send("GET", "/v1/kv");
  leads = false;
  const refused = await send("GET", "/v1/kv");
  expect([refused.status, await refused.text()]).toEqual([500, "No cluster leader"]);
  expect(await headers(send("GET", "/v1/kv?consistent"))).toEqual([500, "0", "false", null]);
  expect(await headers(send("GET", "/v1/kv?stale"))).toEqual([200, "5000", "false", null]);
  expect(await headers(send("GET", "/v1/kv?max_stale=4s"))).toEqual([500, "0", "false", null]);
});

test("a server that never heard a leader has nothing to say, not even stale", async () => {
  const answer = await rig(leaderless()).send("GET", "/v1/kv?stale");
  expect([answer.status, await answer.text()]).toEqual([500, "No cluster leader"]);
});

test("?cached is answered from the state that follows the leader's", async () => {
  const { calls, consensus } = follower();
  const { send } = rig(consensus);
  const first = await send("GET", "/v1/catalog?cached");
  expect([first.headers.get("x-cache"), first.headers.get("x-consul-lastcontact")]).toEqual(["MISS", "12"]);
  const second = await send("GET", "/v1/catalog?cached");
  expect([second.headers.get("x-cache"), second.headers.get("age")]).toEqual(["HIT", "0"]);
  expect(second.headers.get("x-consul-effective-consistency")).toBe("leader");
  expect(calls).toEqual([]);
});

test("a blocking read is confirmed once, answered from here, and tells how new that is", async () => {
  const publisher = new Publisher();
  const { calls, consensus } = follower();
  const { send, state } = rig(consensus, { publisher, clock: new ManualClock() });
  const waiting = send("GET", "/v1/catalog?index=7");
  await settle();
  state.index = 8;
  publisher.publish(new Set(["thing"]), 8);
  expect(await headers(waiting)).toEqual([200, "12", "true", "leader"]);
  expect(calls).toEqual([false]);
});

test("a default read whose wait ends without a leader asks for one, and is refused without", async () => {
  const clock = new ManualClock();
  const publisher = new Publisher();
  let isKnown = true;
  let refuses = false;
  const { consensus } = follower({
    knownLeader: () => isKnown,
    async readIndex() {
      if (refuses) throw new Refusal("No cluster leader");
      if (isKnown) return;
      state.value = "of the next leader";
      publisher.publish(new Set(["thing"]), 8);
    },
  });
  const { send, state } = rig(consensus, { clock, publisher });
  const waiting = send("GET", "/v1/kv?index=7&wait=16s");
  const later = send("GET", "/v1/kv?index=7&wait=32s");
  const stale = send("GET", "/v1/kv?index=7&wait=16s&stale");
  await settle();
  isKnown = false;
  clock.advance(17_000);
  expect(await (await waiting).json()).toBe("of the next leader");
  expect((await stale).headers.get("x-consul-knownleader")).toBe("false");
  refuses = true;
  clock.advance(17_000);
  const refused = await later;
  expect([refused.status, await refused.text()]).toEqual([500, "No cluster leader"]);
});

test("a consistent blocking read is confirmed before each reading", async () => {
  const publisher = new Publisher();
  const { calls, consensus } = follower();
  const { send, state } = rig(consensus, { publisher, clock: new ManualClock() });
  const waiting = send("GET", "/v1/kv?index=7&consistent");
  await settle();
  publisher.publish(new Set(["thing"]), 8);
  await settle();
  expect([calls, state.reads]).toEqual([[true, true], 2]);
  state.index = 8;
  publisher.publish(new Set(["thing"]), 8);
  expect((await waiting).status).toBe(200);
  expect(calls).toEqual([true, true, true]);
});

test("a handler that reads the state waits for the same, and learns how new its answer is", async () => {
  const { calls, consensus } = follower();
  const { send } = rig(consensus);
  expect(await (await send("GET", "/v1/handled")).json()).toEqual({ lastContactMs: 0, knownLeader: true, value: "a" });
  expect(await (await send("GET", "/v1/handled?stale")).json()).toEqual({
    lastContactMs: 12.7,
    knownLeader: true,
    value: "a",
  });
  expect((await send("GET", "/v1/handled?consistent")).status).toBe(200);
  expect(calls).toEqual([false, true]);
  const bad = await send("GET", "/v1/handled?stale&consistent");
  expect([bad.status, await bad.text()]).toEqual([
    400,
    "Cannot specify ?stale with ?consistent, conflicting semantics.",
  ]);
});

test("who waits while this agent stops gets what there is, and no leader is looked for", async () => {
  const publisher = new Publisher();
  const { consensus } = follower({ knownLeader: () => false });
  const calls: boolean[] = [];
  const counted = { ...consensus, readIndex: async (isConfirmed: boolean) => void calls.push(isConfirmed) };
  const { send } = rig(counted, { publisher, clock: new ManualClock() });
  const waiting = ["", "&consistent", "&stale"].map((mode) => send("GET", `/v1/kv?index=7${mode}`));
  await settle();
  publisher.close();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(calls).toEqual([false, true]);
});
