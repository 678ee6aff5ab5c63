import { writeSync } from "node:fs";
import type { Entry, OpenedLog } from "../../../src/raft/types.ts";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";

// A follower's log under leaders that come and go: entries are appended, dropped and written anew in a higher term, the
// log is compacted, now and then it is reset to a snapshot. Before each step and after it, what the log looks like is a
// line on stdout. Every start proves every entry.
const [dir = ""] = process.argv.slice(2);
const store = openLogStore({
  dir,
  log: silentLogger,
  onFatal: (reason) => {
    throw new Error(reason);
  },
});

const SERVER = { id: "n1", address: "127.0.0.1:8300", voter: true };

interface Look {
  term: number;
  last: number;
  lastTerm: number;
  configuration: number;
}

function entryOf(index: number, term: number): Entry {
  const type = index % 50 === 0 ? "configuration" : "command";
  const size = (index * term * 7919) % 400;
  return { index, term, type, data: JSON.stringify({ servers: [SERVER], index, term, value: "v".repeat(size) }) };
}

function lookOf({ hardState, bounds, configurations }: OpenedLog): Look {
  const configuration = configurations.at(-1)?.index ?? 0;
  return { term: hardState.term, last: bounds.lastIndex, lastTerm: bounds.lastTerm, configuration };
}

const say = (word: string, look: Look) => writeSync(1, `${word} ${JSON.stringify(look)}\n`);
const below = (count: number) => Math.floor(Math.random() * count);

let { bounds, hardState, termStarts, ...found } = await store.open();
for (let next = bounds.firstIndex; next <= bounds.lastIndex; ) {
  for (const entry of await store.read(next, bounds.lastIndex, 1 << 20)) {
    const term = termStarts.findLast(({ index }) => index <= next)?.term ?? 0;
    if (!Bun.deepEquals(entry, entryOf(next, term))) throw new Error(`entry ${next} is another one`);
    next++;
  }
}
say("start", lookOf({ bounds, hardState, termStarts, ...found }));

let { term } = hardState;
for (;;) {
  ({ bounds, hardState, termStarts, ...found } = await store.open());
  const before = lookOf({ bounds, hardState, termStarts, ...found });
  const { firstIndex, lastIndex } = bounds;
  if (Math.random() < 0.02) {
    const index = lastIndex + 50 - (lastIndex % 50);
    term++;
    say("will", { ...before, term });
    await store.setHardState({ term, votedFor: "" });
    say("will", { term, last: index, lastTerm: term, configuration: index });
    const { data } = entryOf(index, term);
    await store.reset(index, term, { index, configuration: JSON.parse(data) });
  } else {
    const drops = Math.min(Math.random() < 0.3 ? below(60) : 0, lastIndex - firstIndex + 1);
    if (drops > 0) {
      term++;
      say("will", { ...before, term });
      await store.setHardState({ term, votedFor: "n1" });
    }
    const from = lastIndex + 1 - drops;
    const entries = Array.from({ length: 1 + below(40) }, (_, at) => entryOf(from + at, Math.max(term, 1)));
    const last = entries.at(-1);
    const kept = found.configurations.findLast(({ index }) => index < from)?.index ?? 0;
    const configuration = entries.findLast(({ type }) => type === "configuration")?.index ?? kept;
    say("will", { term, last: last?.index ?? 0, lastTerm: last?.term ?? 0, configuration });
    await store.append(entries, drops > 0 ? from : undefined);
    if (Math.random() < 0.1 && lastIndex > 200) await store.compact(Math.max(lastIndex - 150, firstIndex - 1));
  }
  say("did", lookOf(await store.open()));
}
