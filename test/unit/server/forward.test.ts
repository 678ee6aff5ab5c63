import { expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import { changeRefusal, leadershipLost, noLeader } from "../../../src/raft/refusals.ts";
import { AnswerLost, NotSent } from "../../../src/rpc/errors.ts";
import { Forwarder, servedMethods } from "../../../src/server/forward.ts";
import { LeaderHold } from "../../../src/server/leader-hold.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { silentMeter } from "../../support/silent.ts";

const HOLD_MS = 7000;

function rig() {
  const clock = new ManualClock();
  const hold = new LeaderHold(clock, () => HOLD_MS);
  const raft = { isLeader: false, leaderId: undefined as string | undefined };
  /** What each call to a server gives, in turn. */
  const answers: (unknown | Error)[] = [];
  const calls: unknown[] = [];
  const local: string[] = [];
  const forwarder = new Forwarder({
    meter: silentMeter,
    raft,
    hold,
    methods: {
      put: (key: string) => {
        local.push(key);
        return raft.isLeader ? Promise.resolve(`here ${key}`) : Promise.reject(noLeader());
      },
    },
    peers: () => ({
      async call(nodeId, method, argument) {
        calls.push([nodeId, method, argument]);
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }),
  });
  return { clock, hold, raft, answers, calls, local, forwarder };
}

async function outcomeOf(promise: Promise<unknown>): Promise<{ done: unknown } | { failed: unknown } | "pending"> {
  let state: { done: unknown } | { failed: unknown } | "pending" = "pending";
  promise.then(
    (done) => {
      state = { done };
    },
    (failed: unknown) => {
      state = { failed };
    },
  );
  await settle();
  return state;
}

test("the leader does it itself, another server asks the leader", async () => {
  const { forwarder, raft, calls, answers, local } = rig();
  raft.isLeader = true;
  expect(await forwarder.run("put", "k")).toBe("here k");
  raft.isLeader = false;
  raft.leaderId = "b";
  answers.push("there");
  expect(await forwarder.run("put", "l")).toBe("there");
  expect(calls).toEqual([["b", "put", "l"]]);
  expect(local).toEqual(["k"]);
});

test("without a leader it is held, and goes on as soon as there is one", async () => {
  const { forwarder, raft, hold, answers } = rig();
  const promise = forwarder.run("put", "k");
  expect(await outcomeOf(promise)).toBe("pending");
  raft.leaderId = "b";
  answers.push("there");
  hold.wake();
  expect(await promise).toBe("there");
});

test("without a leader for the time of rpc_hold_timeout it is refused, and certainly not executed", async () => {
  const { forwarder, clock, calls } = rig();
  const promise = forwarder.run("put", "k");
  promise.catch(() => undefined);
  for (let ms = 0; ms < HOLD_MS - 100; ms += 100) {
    clock.advance(100);
    await settle();
  }
  expect(await outcomeOf(promise)).toBe("pending");
  clock.advance(200);
  await expect(promise).rejects.toMatchObject({ message: "No cluster leader", status: 500, outcome: "refused" });
  expect(calls).toEqual([]);
});

test.each([
  ["the call was not sent", new NotSent("no link")],
  ["the other one does not lead any more", noLeader()],
  ["the leader is so new that it changes no servers yet", changeRefusal("not committed in this term")],
  ["the servers are being changed", changeRefusal("change under way")],
])("it is tried again when %s", async (_, error) => {
  const { forwarder, raft, clock, answers, calls } = rig();
  raft.leaderId = "b";
  answers.push(error, "there");
  const promise = forwarder.run("put", "k");
  await settle();
  clock.advance(100);
  expect(await promise).toBe("there");
  expect(calls).toHaveLength(2);
});

test("it is never tried again when it may have been executed", async () => {
  const { forwarder, raft, answers, calls } = rig();
  raft.leaderId = "b";
  answers.push(new AnswerLost("the link was lost"));
  const lost = forwarder.run("put", "k");
  await expect(lost).rejects.toMatchObject({ status: 500, outcome: "unknown" });
  await expect(lost).rejects.toThrow("rpc error making call: the link was lost");
  answers.push(leadershipLost());
  await expect(forwarder.run("put", "k")).rejects.toMatchObject({ outcome: "unknown" });
  expect(calls).toHaveLength(2);
});

test("a refusal of the leader is the answer", async () => {
  const { forwarder, raft, answers, calls } = rig();
  raft.leaderId = "b";
  answers.push(new Refusal("invalid session", 500));
  await expect(forwarder.run("put", "k")).rejects.toThrow("invalid session");
  expect(calls).toHaveLength(1);
});

test("more calls than the leader serves wait their turn", async () => {
  const { raft, hold } = rig();
  raft.leaderId = "b";
  const open: (() => void)[] = [];
  const forwarder = new Forwarder({
    meter: silentMeter,
    raft,
    hold,
    methods: { put: (_: number) => Promise.resolve() },
    peers: () => ({ call: () => new Promise<void>((resolve) => open.push(resolve)) }),
  });
  const all = Array.from({ length: 400 }, (_, at) => forwarder.run("put", at));
  await settle();
  expect(open).toHaveLength(192);
  for (let at = 0; at < 400; at++) {
    open[at]?.();
    await settle();
  }
  await Promise.all(all);
});

test("a request that waits ends when the server stops", async () => {
  const { forwarder, hold } = rig();
  const promise = forwarder.run("put", "k");
  await settle();
  hold.close();
  await expect(promise).rejects.toThrow("No cluster leader");
});

test("a server that does not lead refuses other servers' calls before it does anything", async () => {
  const raft = { isLeader: false };
  const done: string[] = [];
  const served = servedMethods({ put: async (key: string) => done.push(key) }, raft);
  await expect(served.put?.("k")).rejects.toMatchObject({ outcome: "refused" });
  raft.isLeader = true;
  await served.put?.("k");
  expect(done).toEqual(["k"]);
});
