import { rmSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";
import { entryAt } from "./entries.ts";

// Fills the disk that the directory is on, makes room, and fills it again; says what happened as JSON.
const [dir = "", ballast = ""] = process.argv.slice(2);
const options = {
  dir: join(dir, "data"),
  log: silentLogger,
  freeBytesMin: 0,
  onFatal: (reason: string) => {
    throw new Error(reason);
  },
};
const store = openLogStore(options);
await store.open();
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
await store.setHardState({ term: 1, votedFor: "n1" }).catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error;
});
await store.close();

const again = openLogStore(options);
const { bounds } = await again.open();
let found = 0;
for (let next = 1; next <= bounds.lastIndex; ) {
  for (const entry of await again.read(next, bounds.lastIndex, 1 << 20)) {
    if (!Bun.deepEquals(entry, entryAt(next++))) throw new Error(`entry ${entry.index} is another one`);
    found++;
  }
}
await again.close();
process.stdout.write(JSON.stringify({ message, status, firstFull, secondFull, found }));
