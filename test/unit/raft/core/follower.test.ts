import { expect, test } from "bun:test";
import { RaftCore } from "../../../../src/raft/core/core.ts";
import type { Message, SnapshotMeta } from "../../../../src/raft/core/messages.ts";
import { type Effect, LIMITS, timingOf } from "../../../../src/raft/core/types.ts";
import type { Entry } from "../../../../src/raft/types.ts";

const configuration = { servers: ["a", "b", "c"].map((id) => ({ id, address: id, voter: true })) };
const snapshot: SnapshotMeta = {
  index: 8,
  term: 2,
  configuration: { index: 1, configuration },
  bytes: 4,
  sha256: "00",
};
const entry = (index: number, term: number): Entry => ({ index, term, type: "command", data: `${index}` });
const message = (body: object) => ({ type: "message", message: { from: "b", to: "a", ...body } as Message }) as const;
const chunk = (term: number) =>
  message({ type: "snapshotChunk", term, snapshot, offset: 0, data: new Uint8Array(snapshot.bytes) });
const written = { type: "chunkWritten", snapshot, nextOffset: snapshot.bytes, ok: true } as const;

/** A follower of term 1 with three entries, all of them on its disk. */
function follower(): RaftCore {
  return new RaftCore({
    start: {
      id: "a",
      hardState: { term: 1, votedFor: "" },
      firstIndex: 1,
      lastIndex: 3,
      termStarts: [
        { index: 0, term: 0 },
        { index: 1, term: 1 },
      ],
      configurations: [{ index: 1, configuration }],
      commitIndex: 1,
    },
    timing: timingOf(1000),
    limits: LIMITS,
    random: () => 0.5,
    nowMs: 0,
  });
}

const persists = (effects: readonly Effect[]) => effects.filter((effect) => effect.type === "persist");
const installs = (effects: readonly Effect[]) => effects.filter((effect) => effect.type === "installSnapshot");

const replies = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));

test("a message commits and acknowledges only up to what it has verified: what follows may be of a leader that never was (rules B7, B8)", () => {
  const core = follower();
  const probe = message({ type: "append", term: 2, prevIndex: 2, prevTerm: 1, entries: [], commit: 3 });
  const [term] = persists(core.step(probe, 1));
  const effects = core.step({ type: "persisted", id: term?.id ?? 0 }, 2);
  expect(replies(effects)).toMatchObject([{ type: "appendReply", ok: true, index: 2 }]);
  expect(core.status()).toMatchObject({ commitIndex: 2, lastIndex: 3 });
});

test("inside a leader's lease a vote is not even refused, and the term stays; but not if the leader itself hands over", () => {
  const core = follower();
  core.step(message({ type: "heartbeat", term: 1, commit: 1, round: 1 }), 10);
  const request = { type: "voteRequest", from: "c", term: 5, lastIndex: 9, lastTerm: 1 };
  expect(core.step(message({ ...request, isTransfer: false }), 900)).toEqual([]);
  expect(core.status().term).toBe(1);
  const [vote] = persists(core.step(message({ ...request, isTransfer: true }), 901));
  expect(vote).toMatchObject({ hardState: { term: 5, votedFor: "c" } });
});

test("a leader's lease also holds in the term that another message has told of since", () => {
  const core = follower();
  core.step(message({ type: "heartbeat", term: 1, commit: 1, round: 1 }), 10);
  const refusal = message({ type: "voteReply", from: "c", term: 5, granted: false });
  const [term] = persists(core.step(refusal, 20));
  core.step({ type: "persisted", id: term?.id ?? 0 }, 21);
  const request = message({ type: "voteRequest", from: "c", term: 5, lastIndex: 9, lastTerm: 1, isTransfer: false });
  expect(replies(core.step(request, 900))).toMatchObject([{ type: "voteReply", granted: false }]);
  const [vote] = persists(core.step(request, 1100));
  expect(vote).toMatchObject({ hardState: { term: 5, votedFor: "c" } });
});

test("what a refused append left to truncate goes with an installed snapshot", () => {
  const core = follower();
  const append = message({ type: "append", term: 1, prevIndex: 3, prevTerm: 1, entries: [entry(4, 1)], commit: 1 });
  const [write] = persists(core.step(append, 1));
  core.step({ type: "appendRefused", id: write?.id ?? 0 }, 2);
  const [vote] = persists(core.step(chunk(2), 3));
  core.step({ type: "persisted", id: vote?.id ?? 0 }, 4);
  core.step(written, 5);
  core.step({ type: "snapshotInstalled", snapshot, ok: true }, 6);
  const next = message({ type: "append", term: 2, prevIndex: 8, prevTerm: 2, entries: [entry(9, 2)], commit: 8 });
  expect(persists(core.step(next, 7))).toMatchObject([
    { append: { truncateFrom: undefined, entries: [{ index: 9 }] } },
  ]);
});

test("a snapshot of a newer term is installed only once that term is durable, or a start would find a log beyond its term", () => {
  const core = follower();
  const [term] = persists(core.step(chunk(2), 1));
  expect(term).toMatchObject({ hardState: { term: 2 } });
  expect(installs(core.step(written, 2))).toEqual([]);
  expect(installs(core.step({ type: "persisted", id: term?.id ?? 0 }, 3))).toMatchObject([{ snapshot: { index: 8 } }]);
});

test("a part of a snapshot that is stored twice is installed once: a completion counts for what is waited for", () => {
  const core = follower();
  const [term] = persists(core.step(chunk(2), 1));
  core.step({ type: "persisted", id: term?.id ?? 0 }, 2);
  expect(installs(core.step(written, 3))).toHaveLength(1);
  expect(installs(core.step(written, 4))).toEqual([]);
  core.step({ type: "snapshotInstalled", snapshot, ok: true }, 5);
  expect(core.step(written, 6)).toEqual([]);
});
