import { expect, test } from "bun:test";
import { sourceFiles } from "./sources.ts";

/** What an agent loads that is no server, beside what it loads when it first needs it. */
const ENTRIES = ["src/main.ts", "src/app.ts", "src/app/client-node.ts"];
/** The state, the log and what keeps them: half of a server's code. */
const OF_SERVERS = /^src\/(storage|raft)\/|^src\/state\/.*\/(commands|queries|tables)\.ts$|^drizzle-orm|^bun:sqlite/;

const files = new Map(sourceFiles("src").map((file) => [file.path, file]));

/** Everything that is evaluated with these files, each with what imports it first. */
function loaded(entries: readonly string[]): Map<string, string> {
  const importers = new Map(entries.map((entry) => [entry, "the start"]));
  for (const [path] of importers) {
    for (const { path: other, specifier, isTypeOnly, isDynamic } of files.get(path)?.imports ?? []) {
      const name = other ?? specifier;
      if (!isTypeOnly && !isDynamic && !importers.has(name)) importers.set(name, path);
    }
  }
  return importers;
}

test("a client agent loads nothing of the log and the state, so that it stays small", () => {
  const wrong = [...loaded(ENTRIES)].filter(([path]) => OF_SERVERS.test(path));
  expect(wrong.map(([path, importer]) => `${path} is imported by ${importer}`)).toEqual([]);
});

test("the scan would see it: a server loads them", () => {
  const found = loaded(["src/app/server-node.ts"]);
  for (const path of ["src/raft/node.ts", "src/state/kv/commands.ts", "drizzle-orm"])
    expect(found.has(path)).toBe(true);
});
