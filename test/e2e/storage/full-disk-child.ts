import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { Entry } from "../../../src/raft/types.ts";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";
import { entryAt } from "./entries.ts";

// Fills the disk that the directory is on; on the full disk, votes. The last phase looks at what is there. What happened
// is said as JSON, a line for each phase; only the last one ends by itself.
const [phase = "", dir = "", ballast = "", rest = ""] = process.argv.slice(2);
const ELECTIONS = 4000;
const NOOP_EVERY = 10;
const dataDir = join(dir, "data");

const onFatal = (reason: string) => {
  throw new Error(reason);
};
const options = { dir: dataDir, log: silentLogger, freeBytesMin: 0, onFatal };
const say = (report: object) => process.stdout.write(`${JSON.stringify(report)}\n`);
const noopAt = (index: number, term: number): Entry => ({ index, term, type: "noop", data: "" });

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** Takes all that is left. */
function takeRest(): void {
  for (let part = 0; freeBytes() > 0; part++) {
    try {
      writeFileSync(`${rest}-${part}`, Buffer.alloc(freeBytes()));
    } catch {
      // The file's own blocks count too.
    }
  }
}

async function fillAndVote(): Promise<void> {
  const store = openLogStore(options);
  await store.open();
  // A moment after the start it keeps some space for later.
  while (!existsSync(join(dataDir, "raft", "reserve"))) await new Promise(setImmediate);
  let index = 0;

  /** Appends until it is refused, ten at once; the indexes of those refused are used again. */
  async function fill(): Promise<Refusal> {
    for (;;) {
      const from = index + 1;
      const group = Array.from({ length: 10 }, (_, i) => entryAt(from + i));
      const results = await Promise.allSettled(group.map((entry) => store.append([entry])));
      const stored = results.filter(({ status }) => status === "fulfilled").length;
      if (results.slice(0, stored).some(({ status }) => status === "rejected")) throw new Error("a hole");
      index += stored;
      const refused = results.find((result) => result.status === "rejected");
      if (refused === undefined) continue;
      if (refused.reason instanceof Refusal) return refused.reason;
      throw refused.reason;
    }
  }

  const { message, status } = await fill();
  const firstFull = index;
  rmSync(ballast);
  await fill();
  const secondFull = index;
  takeRest();
  let term = 1;
  for (let election = 1; election <= ELECTIONS; election++) {
    await store.setHardState({ term: ++term, votedFor: "n1" });
    if (election % NOOP_EVERY === 0) await store.append([noopAt(++index, term)]);
    takeRest();
  }
  say({ message, status, firstFull, secondFull, term, last: index, freeBytes: freeBytes() });
  process.kill(process.pid, "SIGKILL");
}

/** Starts on the disk that is full, and writes when it is not any more. */
async function verify(): Promise<void> {
  const store = openLogStore(options);
  const { hardState, bounds } = await store.open();
  let commands = 0;
  for (let next = 1; next <= bounds.lastIndex; ) {
    for (const entry of await store.read(next, bounds.lastIndex, 1 << 20)) {
      const expected = entry.type === "noop" ? noopAt(next, entry.term) : entryAt(next);
      if (!Bun.deepEquals(entry, expected)) throw new Error(`entry ${entry.index} is another one`);
      if (entry.type === "command") commands++;
      next++;
    }
  }
  await store.setHardState({ term: hardState.term + 1, votedFor: "n2" });
  await store.close();
  for (let part = 0; part < 10_000; part++) rmSync(`${rest}-${part}`, { force: true });
  const again = openLogStore(options);
  await again.open();
  await again.append([entryAt(bounds.lastIndex + 1)]);
  await again.close();
  say({ term: hardState.term, last: bounds.lastIndex, commands });
}

await (phase === "verify" ? verify() : fillAndVote());
