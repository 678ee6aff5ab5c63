import { writeSync } from "node:fs";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";
import { entryAt } from "./entries.ts";

// Opens the log, proves every entry, and appends until it is killed. Each acknowledged index is a line on stdout,
// written before anything else happens.
const WRITERS = 16;
const [dir = ""] = process.argv.slice(2);
const store = openLogStore({
  dir,
  log: silentLogger,
  onFatal: (reason) => {
    throw new Error(reason);
  },
});

const { bounds } = await store.open();
for (let next = bounds.firstIndex; next <= bounds.lastIndex; ) {
  const entries = await store.read(next, bounds.lastIndex, 1 << 20);
  for (const entry of entries) {
    if (!Bun.deepEquals(entry, entryAt(next))) throw new Error(`entry ${next} is another one`);
    next++;
  }
}
writeSync(1, `start ${bounds.firstIndex} ${bounds.lastIndex}\n`);

let index = bounds.lastIndex;
async function write(): Promise<never> {
  for (;;) {
    const mine = ++index;
    await store.append([entryAt(mine)]);
    writeSync(1, `${mine}\n`);
    if (mine % 500 === 0) await store.compact(mine - 300);
  }
}
await Promise.all(Array.from({ length: WRITERS }, write));
