import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { Entry } from "../../../src/raft/types.ts";
import { STATE_SCHEMA } from "../../../src/state/commands.ts";
import { Machine } from "../../../src/state/machine.ts";
import { migrate } from "../../../src/state/migrate.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { openStorage } from "../../../src/storage/open.ts";
import { realClock } from "../../support/real-clock.ts";
import { silentLogger } from "../../support/silent.ts";

// A server's log and state on a disk that others fill: commands are refused, elections are not, and a start works. The
// `fill` phase is killed by itself; what happened is said as JSON, a line for each phase.
const [phase = "", dir = "", rest = ""] = process.argv.slice(2);
const ELECTIONS = 300;
const dataDir = join(dir, "data");

const onFatal = (reason: string) => {
  throw new Error(reason);
};
const say = (report: object) => process.stdout.write(`${JSON.stringify(report)}\n`);

const storage = await openStorage({ dir: dataDir, log: silentLogger, onFatal });
const { store, keeper, db } = storage;
const opened = await store.open();
migrate(db, STATE_SCHEMA);
const machine = new Machine({ db, publisher: new Publisher(), clock: realClock, onFatal });
while (machine.appliedIndex < opened.bounds.lastIndex) {
  machine.apply(await store.read(machine.appliedIndex + 1, opened.bounds.lastIndex, 1 << 20));
}
let { term } = opened.hardState;

async function tell(type: Entry["type"], data: string): Promise<void> {
  const entry: Entry = { index: machine.appliedIndex + 1, term, type, data };
  await store.append([entry]);
  machine.apply([entry]);
}

async function elect(): Promise<void> {
  await store.setHardState({ term: ++term, votedFor: "n1" });
  await tell("noop", "");
  machine.flush();
}

function put(key: string): Promise<void> {
  const value = btoa("v".repeat(50_000));
  return tell("command", JSON.stringify({ type: "kv.set", key, value, flags: "0" }));
}

/** Takes all that is left. */
function takeRest(): void {
  const { bavail, bsize } = statfsSync(dir);
  try {
    if (bavail > 0) writeFileSync(rest, Buffer.alloc(bavail * bsize), { flag: "a" });
  } catch {
    // The file's own blocks count too.
  }
}

const keysNow = () => (db.$client.query("SELECT count(*) AS n FROM kv").get() as { n: number }).n;

if (phase === "fill") {
  while (!existsSync(join(dataDir, "raft", "reserve"))) await new Promise(setImmediate);
  let refusal = "";
  for (let key = 0; refusal === ""; key++) {
    await put(`key-${key}`).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      refusal = error.message;
    });
    machine.flush();
    await keeper.checkpoint();
  }
  takeRest();
  for (let election = 0; election < ELECTIONS; election++) {
    await elect();
    takeRest();
  }
  say({ refusal, keys: keysNow(), term, applied: machine.appliedIndex });
  process.kill(process.pid, "SIGKILL");
}
// The disk is still full.
await elect();
const found = { keys: keysNow(), term, applied: machine.appliedIndex };
rmSync(rest);
await put("after");
machine.flush();
await keeper.truncateWal();
say({ ...found, after: keysNow() });
await storage.close();
