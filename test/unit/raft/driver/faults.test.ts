import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { Cluster, TIMING } from "../../../support/raft/cluster.ts";

const THREE = ["a", "b", "c"];
const RUNS = 15;
const STEPS = 40;
const POLICY = { intervalMs: 300, thresholdEntries: 40, trailingEntries: 5 };

/** Small, and good enough to choose faults. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}

/** What became of each write: its text, and `done`, `refused` or `unknown`. */
type Outcomes = Map<string, string>;

async function run(seed: number): Promise<{ cluster: Cluster; outcomes: Outcomes }> {
  const roll = dice(seed);
  const cluster = await Cluster.started(THREE, { policy: POLICY, limits: { snapshotChunkBytes: 200 } });
  const outcomes: Outcomes = new Map();
  const write = (text: string) => {
    const id = THREE[roll(3)] ?? "";
    if (!cluster.running.includes(id)) return;
    const note = (outcome: unknown) =>
      outcomes.set(text, outcome instanceof Refusal ? (outcome.outcome ?? "refused") : "done");
    cluster.node(id).propose(text).then(note, note);
  };
  let next = 0;
  for (let step = 0; step < STEPS; step++) {
    const id = THREE[roll(3)] ?? "";
    switch (roll(11)) {
      case 0:
        if (cluster.running.length === 3) cluster.kill(id);
        break;
      case 1:
        for (const down of THREE) if (!cluster.running.includes(down)) await cluster.start(down);
        break;
      case 2:
        cluster.carries = (message) => message.from !== id && message.to !== id;
        break;
      case 3:
        // One way only.
        cluster.carries = (message) => message.to !== id;
        break;
      case 4:
        cluster.carries = () => roll(10) > 0;
        break;
      case 5:
        cluster.carries = () => true;
        break;
      case 6:
        cluster.member(id).disk.isFull = !cluster.member(id).disk.isFull;
        break;
      case 7:
        if (cluster.running.includes(id)) cluster.member(id).disk.isSlow = true;
        break;
      case 8:
        if (cluster.leaderId !== undefined) cluster.leader.transferLeadership().catch(() => undefined);
        break;
      case 9:
        if (cluster.leaderId !== undefined) {
          const kind = roll(2) === 0 ? "demote" : "promote";
          cluster.leader.changeConfiguration({ kind, serverId: id }).catch(() => undefined);
        }
        break;
      default:
        for (const each of THREE) cluster.member(each).disk.goOn();
    }
    for (let count = roll(10); count > 0; count--) write(`w${next++}`);
    await cluster.run(roll(TIMING.electionTimeoutMs * 2));
    for (let count = roll(4); count > 0; count--) write(`w${next++}`);
  }
  return { cluster, outcomes };
}

async function heal(cluster: Cluster): Promise<void> {
  cluster.carries = () => true;
  for (const id of THREE) {
    cluster.member(id).disk.isFull = false;
    cluster.member(id).disk.goOn();
    if (!cluster.running.includes(id)) await cluster.start(id);
  }
  await cluster.until(() => cluster.leaderId !== undefined);
  await cluster.outcome(cluster.leader.propose("last"));
  await cluster.until(() => cluster.isEven());
}

test("whatever fails, answered writes stay, refused ones never happen, and all servers agree", async () => {
  const seen = { done: 0, refused: 0, unknown: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    const { cluster, outcomes } = await run(seed);
    await heal(cluster);
    const rows = cluster.rows("a");
    for (const id of THREE) {
      expect(cluster.member(id).fatal, `fatal on ${id}, seed ${seed}`).toEqual([]);
      expect(cluster.rows(id), `rows of ${id}, seed ${seed}`).toEqual(rows);
    }
    expect(new Set(rows).size, `repeated rows, seed ${seed}`).toBe(rows.length);
    for (const [text, outcome] of outcomes) {
      seen[outcome as keyof typeof seen]++;
      if (outcome !== "unknown")
        expect(rows.includes(text), `${text} ${outcome}, seed ${seed}`).toBe(outcome === "done");
    }
  }
  // Each of the outcomes was there, often.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
}, 60_000);
