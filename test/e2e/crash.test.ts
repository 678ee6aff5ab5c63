import { expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/e2e/agent.ts";
import { untilLeading } from "./harness/ask.ts";
import { CrashClient, type Told } from "./harness/crash-client.ts";
import { complaints, untilCatalogFollows } from "./harness/crash-verify.ts";
import { seeded, seedOf } from "./harness/random.ts";
import { type Rig, withRig } from "./harness/rig.ts";

/** More of them for a longer look. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 30);
const ROUND_MS_MAX = 30_000;
const CLIENTS = 32;
const ANSWERS_PER_ROUND_MAX = 1500;
const SEED = seedOf("CRASH_SEED");

/** What happens to the state's files between death and the next start; the log alone must be enough. */
const DAMAGE: Readonly<Record<string, (path: string) => void>> = {
  "state.db is as it was": () => undefined,
  "state.db is deleted": (path) => {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  },
  "state.db is cut in the middle": (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  "state.db is garbage": (path) => writeFileSync(path, "no database ".repeat(1000)),
  "state.db-wal is deleted": (path) => rmSync(`${path}-wal`, { force: true }),
  "state.db-wal is garbage": (path) => writeFileSync(`${path}-wal`, "no log ".repeat(1000)),
};

test(
  `killed at any moment under load, and whatever happens to state.db: what was answered is there with its index, indexes never go back, compare-and-set has one history (CRASH_SEED=${SEED})`,
  () => withRig(crashAgainAndAgain),
  ROUND_MS_MAX * (ROUNDS + 1),
);

async function crashAgainAndAgain(rig: Rig): Promise<void> {
  const random = seeded(SEED);
  const told: Told = { answers: 0, swaps: [], sentSwaps: new Set(), indexMax: 0 };
  const clients = Array.from({ length: CLIENTS }, (_, at) => new CrashClient(`c${at}`, seeded(SEED + at + 1), told));
  // Low enough that many rounds take snapshots and cut the log.
  const config = rig.file("snapshots.json", {
    raft_snapshot_threshold: 300,
    raft_snapshot_interval: "100ms",
    raft_trailing_logs: 50,
  });
  const damage = Object.entries(DAMAGE);
  let snapshots = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const [what, damageState] = damage[round % damage.length] ?? ["", () => undefined];
    if (round > 0 && existsSync(join(rig.dataDir, "state.db"))) damageState(join(rig.dataDir, "state.db"));
    const agent = await rig.server([`-config-file=${config}`]);
    await untilLeading(agent.url);
    expect({ round, what, complaints: await complaints(agent.url, clients, told) }).toEqual({
      round,
      what,
      complaints: [],
    });
    await untilCatalogFollows(agent.url, clients);
    if (round < ROUNDS) {
      const wanted = told.answers + 1 + Math.floor(random() ** 2 * ANSWERS_PER_ROUND_MAX);
      const running = Promise.all(clients.map((client) => client.run(agent.url)));
      // Deaths come before, in the middle of and after the first snapshots of a run; some rounds last until there is one.
      const isDue = async () =>
        told.answers >= wanted && (round % 3 > 0 || (await agent.output()).includes("snapshot taken"));
      await Promise.race([running, until(isDue, "answers and a snapshot", ROUND_MS_MAX)]);
      await agent.stop("SIGKILL");
      await running;
    }
    snapshots += (await agent.output()).split("snapshot taken").length - 1;
    await agent.stop("SIGKILL");
  }
  expect(told.swaps.length).toBeGreaterThan(ROUNDS);
  expect(snapshots).toBeGreaterThanOrEqual(Math.floor(ROUNDS / 3));
  expect(readdirSync(join(rig.dataDir, "raft/snapshots")).length).toBeGreaterThan(0);
}
