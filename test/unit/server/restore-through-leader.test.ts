import { expect, test } from "bun:test";
import type { RestoreReport } from "../../../src/raft/types.ts";
import { restoreThroughLeader, type ThroughLeaderDeps } from "../../../src/server/restore-through-leader.ts";
import { MemoryDraft } from "../../support/archives.ts";

const REPORT: RestoreReport = { leftOut: {}, kept: {} };

function world(isLeader: boolean) {
  const calls: [name: string, argument: unknown][] = [];
  const answers: (RestoreReport | null)[] = [null, REPORT];
  const draft = new MemoryDraft();
  const deps = {
    raft: { isLeader, newArchive: async () => draft },
    restores: {
      restore: async ({ bytes }: { bytes: number }) => {
        calls.push(["here", bytes]);
        return REPORT;
      },
    },
    forwarder: {
      async run(name: string, argument: unknown) {
        calls.push([name, argument]);
        return name === "snapshot.restored" ? answers.shift() : undefined;
      },
    },
    uuid: () => "u",
  };
  return { calls, draft, deps: deps as unknown as ThroughLeaderDeps };
}

async function* body(...parts: string[]) {
  for (const part of parts) yield new TextEncoder().encode(part);
}

test("the leader restores what was sent to it", async () => {
  const { calls, deps } = world(true);
  expect(await restoreThroughLeader(body("ab", "c"), { skipUnknown: false }, deps)).toEqual(REPORT);
  expect(calls).toEqual([["here", 3]]);
});

test("another server sends it to the leader in parts, and asks until the restore is over", async () => {
  const { calls, deps } = world(false);
  expect(await restoreThroughLeader(body("ab", "c"), { skipUnknown: true }, deps)).toEqual(REPORT);
  const data = new TextEncoder().encode("abc");
  expect(calls).toEqual([
    ["snapshot.restore", { id: "u", offset: 0, totalBytes: 3, data, skipUnknown: true }],
    ["snapshot.restored", { id: "u" }],
    ["snapshot.restored", { id: "u" }],
  ]);
});

test("nothing stays of a body that breaks off", async () => {
  const { calls, draft, deps } = world(true);
  async function* broken() {
    yield* body("ab");
    throw new Error("gone");
  }
  await expect(restoreThroughLeader(broken(), { skipUnknown: false }, deps)).rejects.toThrow("gone");
  expect([draft.isDiscarded, calls]).toEqual([true, []]);
});
