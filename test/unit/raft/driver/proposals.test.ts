import { describe, expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { Event } from "../../../../src/raft/core/types.ts";
import { Proposals } from "../../../../src/raft/driver/proposals.ts";
import type { Entry } from "../../../../src/raft/types.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { silentMeter } from "../../../support/silent.ts";

const T = 750;

/** A core that gives proposals their indexes from 1 on, in term 1. */
function world(limits = { uncommittedEntriesMax: 8, uncommittedBytesMax: 100 }) {
  const clock = new ManualClock();
  const groups: number[] = [];
  const disk = { isBusy: false };
  const log: Entry[] = [];
  const proposals: Proposals = new Proposals({
    clock,
    meter: silentMeter,
    limits,
    electionTimeoutMs: T,
    isDiskBusy: () => disk.isBusy,
    step: (event: Event) => {
      if (event.type !== "propose") return;
      const first = log.length + 1;
      groups.push(event.drafts.length);
      const entries = event.drafts.map((draft, at) => ({ ...draft, index: first + at, term: 1 }));
      log.push(...entries);
      proposals.onProposed(event.id, first, 1);
      proposals.onAppend(entries);
    },
  });
  const outcomes: unknown[] = [];
  const propose = (...all: string[]) => {
    for (const data of all) {
      const at = outcomes.push("waits") - 1;
      const note = (outcome: unknown) => {
        outcomes[at] = outcome instanceof Refusal ? (outcome.outcome ?? outcome.message) : outcome;
      };
      proposals.propose({ type: "command", data }).then(note, note);
    }
  };
  const apply = async (from: number, to: number, term = 1) => {
    const entries = log.slice(from - 1, to).map((entry) => ({ ...entry, term }));
    proposals.onApplied(
      entries,
      entries.map(({ data }) => (data === "refuse" ? new Refusal("no") : `did ${data}`)),
    );
    await settle();
  };
  return { clock, proposals, groups, disk, propose, outcomes, apply };
}

describe("proposals", () => {
  test("of one turn go to the core together, and their results come back", async () => {
    const { clock, groups, propose, outcomes, apply } = world();
    propose("a", "refuse", "c");
    expect(groups).toEqual([]);
    clock.advance(1);
    expect(groups).toEqual([3]);
    await apply(1, 3);
    expect(outcomes).toEqual(["did a", "no", "did c"]);
  });

  test("that come while the disk is busy wait for it", () => {
    const { clock, proposals, groups, disk, propose } = world();
    disk.isBusy = true;
    propose("a");
    clock.advance(5);
    propose("b");
    expect(groups).toEqual([]);
    disk.isBusy = false;
    proposals.onDiskIdle();
    clock.advance(1);
    expect(groups).toEqual([2]);
  });

  test("beyond the limits are refused, but one of any size is taken alone", async () => {
    const { clock, propose, outcomes, apply } = world();
    propose("x".repeat(200), "y");
    await settle();
    expect(outcomes).toEqual(["waits", "refused"]);
    clock.advance(1);
    await apply(1, 1);
    propose(..."abcdefghij");
    await settle();
    expect(outcomes.slice(2).filter((outcome) => outcome === "refused")).toHaveLength(2);
  });

  test("are applied from memory while this server leads", () => {
    const { clock, proposals, propose } = world();
    propose("a", "b", "c");
    clock.advance(1);
    const data = (from: number, to: number) => proposals.entries(from, to)?.map((entry) => entry.data);
    expect(data(1, 9)).toEqual(["a", "b", "c"]);
    expect(data(2, 2)).toEqual(["b"]);
    expect(data(4, 4)).toBeUndefined();
    proposals.onLeadershipLost();
    expect(data(1, 3)).toBeUndefined();
  });

  test("whose index holds an entry of another term are certain not to be in the log", async () => {
    const { clock, proposals, propose, outcomes, apply } = world();
    propose("a", "b");
    clock.advance(1);
    proposals.onLeadershipLost();
    await apply(1, 1);
    await apply(2, 2, 3);
    expect(outcomes).toEqual(["did a", "refused"]);
    await proposals.drained();
  });

  test("are unknown an election timeout after the leadership was lost, and certain when they were never handed over", async () => {
    const { clock, proposals, disk, propose, outcomes } = world();
    propose("a");
    clock.advance(1);
    disk.isBusy = true;
    propose("b");
    proposals.onLeadershipLost();
    await settle();
    expect(outcomes).toEqual(["waits", "refused"]);
    clock.advance(T - 1);
    await settle();
    expect(outcomes[0]).toBe("waits");
    clock.advance(1);
    await settle();
    expect(outcomes[0]).toBe("unknown");
  });

  test("that a majority does not write are unknown after 30 s", async () => {
    const { clock, propose, outcomes, apply } = world();
    propose("a");
    clock.advance(20_000);
    await apply(1, 1);
    propose("b");
    clock.advance(29_000);
    await settle();
    expect(outcomes).toEqual(["did a", "waits"]);
    clock.advance(1_001);
    await settle();
    expect(outcomes).toEqual(["did a", "unknown"]);
    clock.advance(60_000);
    expect(clock.pendingMs).toEqual([]);
  });

  test("that a snapshot has jumped over are unknown", async () => {
    const { clock, proposals, propose, outcomes } = world();
    propose("a", "b");
    clock.advance(1);
    proposals.onLeadershipLost();
    proposals.onApplied([{ index: 9, term: 2, type: "noop", data: "" }], [undefined]);
    await settle();
    expect(outcomes).toEqual(["unknown", "unknown"]);
  });

  test("that the disk did not take are refused with its reason; those before them are still decided", async () => {
    const { clock, proposals, propose, outcomes, apply } = world();
    propose("a", "b", "c");
    clock.advance(1);
    proposals.onDropped(2, new Refusal("no space", 507));
    await settle();
    expect(outcomes).toEqual(["waits", "refused", "refused"]);
    expect(proposals.entries(1, 9)?.map(({ data }) => data)).toEqual(["a"]);
    await apply(1, 1);
    expect(outcomes[0]).toBe("did a");
    await proposals.drained();
  });

  test("that the core refuses hear why", async () => {
    const { proposals } = world();
    const failure = proposals.change({ kind: "remove", serverId: "a" }).catch((error: Error) => error.message);
    proposals.onRefused(1, "change under way");
    expect(await failure).toContain("another change of the servers is under way");
  });
});
