import { expect, test } from "bun:test";
import type { Message } from "../../../../src/raft/core/messages.ts";
import { Measures, stateOf } from "../../../../src/raft/driver/measures.ts";

function world() {
  let now = 0;
  const seen: string[] = [];
  const note = (name: string, value = 1, labels = {}) => seen.push([name, value, ...Object.values(labels)].join(" "));
  const measures = new Measures({ count: note, gauge: note, sample: note }, () => now);
  const at = (ms: number) => {
    now = ms;
    return measures;
  };
  return { at, seen };
}

const entry = { index: 8, term: 1, type: "noop", data: "" } as const;
const base = { from: "a", to: "b", term: 1 };
const append: Message = { ...base, type: "append", prevIndex: 7, prevTerm: 1, entries: [entry], commit: 7 };
const reply = { type: "appendReply", from: "b", to: "a", term: 1, ok: true, hintIndex: 0, hintTerm: 0 } as const;

test("a leader's appends and heartbeats are timed until they are answered, one of each at a time", () => {
  const { at, seen } = world();
  at(0).onSend(append);
  at(1).onSend({ ...append, prevIndex: 8 });
  at(3).onReceive({ ...reply, index: 7 });
  at(4).onReceive({ ...reply, index: 9 });
  at(5).onReceive({ ...reply, index: 9 });
  at(10).onSend({ ...base, type: "heartbeat", commit: 0, round: 4 });
  at(12).onReceive({ type: "heartbeatReply", from: "b", to: "a", term: 1, round: 3 });
  at(13).onReceive({ type: "heartbeatReply", from: "b", to: "a", term: 1, round: 4 });
  expect(seen).toEqual([
    "raft.replication.appendEntries.rpc 4 b",
    "raft.replication.appendEntries.logs 1 b",
    "raft.replication.heartbeat 3 b",
  ]);
});

test("a follower's part is timed from the append to its reply", () => {
  const { at, seen } = world();
  at(0).onReceive(append);
  at(2).onSend({ ...reply, from: "b", to: "a", index: 8 });
  at(3).onWritten(2, false);
  at(4).onWritten(1, true);
  expect(seen).toEqual(["raft.rpc.appendEntries 2", "raft.rpc.appendEntries.storeLogs 2", "raft.leader.dispatchLog 1"]);
});

test("states are counted when they are entered, who asks first being a candidate already", () => {
  const { at, seen } = world();
  at(0).onRole("follower", "preCandidate");
  at(0).onRole("preCandidate", "candidate");
  at(0).onRole("candidate", "leader");
  at(0).onRole("leader", "follower");
  expect(seen).toEqual([
    "raft.transition.heartbeat_timeout 1",
    "raft.state.candidate 1",
    "raft.state.leader 1",
    "raft.state.follower 1",
  ]);
  expect(stateOf("preCandidate")).toBe("Candidate");
});

test("how long ago each follower was heard is told twice a second", () => {
  const { at, seen } = world();
  const follower = { id: "b", match: 1, next: 2, state: "replicate", contactMs: 900 } as const;
  at(1_000).onTick(() => [follower, { ...follower, contactMs: undefined }]);
  at(1_400).onTick(() => [follower]);
  at(1_500).onTick(() => [follower]);
  expect(seen).toEqual(["raft.leader.lastContact 100", "raft.leader.lastContact 600"]);
});
