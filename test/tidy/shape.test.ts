import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { WORKER_ENTRIES } from "../../scripts/workers.ts";
import { folderOf, ROOT, type SourceFile, sourceFiles } from "./sources.ts";

const FILE_LINES_MAX = 500;

/** Tables whose length is their content. */
const LONG_FILES: Readonly<Record<string, string>> = {};

/** Folders of pure functions: nothing there is too hard to test by itself. */
const PURE_FOLDERS = ["lib", "codec", "lang", "model", "acl", "config", "raft", "gossip", "state"];

/**
 * Files and folders of them without a mirrored test, and the test that proves them: the parts of a parser through its
 * entry, commands and the rows they make through the queries that read them.
 */
const PROVED_ELSEWHERE: Readonly<Record<string, string>> = {
  "src/config": "test/unit/config/load.test.ts",
  "src/lang/filter": "test/unit/lang/filter/filter.test.ts",
  "src/lang/go-json-errors.ts": "test/unit/model/definition.test.ts",
  "src/lang/hcl": "test/unit/lang/hcl/parse.test.ts",
  "src/lang/re2": "test/unit/lang/re2/regexp.test.ts",
  "src/lib/assert.ts": "test/unit/raft/node.test.ts",
  "src/lib/duration.ts": "test/unit/lang/goflags.test.ts",
  "src/lib/go-json.ts": "test/unit/cli/golden.test.ts",
  "src/model": "test/unit/model/definition.test.ts",
  "src/raft/driver/driver.ts": "test/unit/raft/driver/cluster.test.ts",
  "src/raft/core": "test/scenario/run.ts",
  "src/state/catalog/commands.ts": "test/unit/state/catalog/model.test.ts",
  "src/state/catalog/docs.ts": "test/unit/state/catalog/model.test.ts",
  "src/state/catalog/topics.ts": "test/unit/state/catalog/model.test.ts",
  "src/state/checks": "test/unit/state/catalog/model.test.ts",
  "src/state/coordinates/commands.ts": "test/unit/state/catalog/model.test.ts",
  "src/state/discovery-chain": "test/unit/state/discovery-chain/compile.test.ts",
  "src/state/federation-states": "test/unit/state/federation-states/queries.test.ts",
  "src/state/gateway-services": "test/unit/state/gateway-services/commands.test.ts",
  "src/state/indexes": "test/unit/state/catalog/model.test.ts",
  "src/state/internal-ui": "test/unit/state/internal-ui/services.test.ts",
  "src/state/kv/txn.ts": "test/conformance/script/txn.ts",
  "src/state/migrate.ts": "test/unit/state/machine.test.ts",
  "src/state/nodes": "test/unit/state/catalog/model.test.ts",
  "src/state/services": "test/unit/state/catalog/model.test.ts",
  "src/state/sessions/commands.ts": "test/unit/state/machine.test.ts",
  "src/state/topics.ts": "test/unit/state/catalog/model.test.ts",
  "src/state/txn": "test/conformance/script/txn.ts",
};

const src = sourceFiles("src");
const tests = sourceFiles("test").filter(({ path }) => path.endsWith(".test.ts"));

describe("files", () => {
  test(`none is longer than ${FILE_LINES_MAX} lines`, () => {
    const long = [...src, ...tests, ...sourceFiles("scripts")]
      .filter(({ path, text }) => text.split("\n").length > FILE_LINES_MAX && LONG_FILES[path] === undefined)
      .map(({ path, text }) => `${path}: ${text.split("\n").length} lines`);
    expect(long).toEqual([]);
  });

  test("none only hands on what others export", () => {
    const barrels = src.filter(({ code }) => {
      const statements = code.split("\n").filter((line) => line.trim() !== "");
      return statements.length > 0 && statements.every((line) => /^export (type )?(\*|\{).* from /.test(line));
    });
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });
});

describe("tests mirror the source", () => {
  const behaves = ({ code }: SourceFile) =>
    /^export (async )?(function|class)\b|^export const \w+ = (async )?\(/m.test(code);
  const mirror = (path: string) => path.replace(/^src\//, "test/unit/").replace(/\.ts$/, ".test.ts");
  const imported = new Set(tests.flatMap(({ imports }) => imports.flatMap(({ path }) => path ?? [])));
  const provedBy = (path: string) =>
    Object.entries(PROVED_ELSEWHERE).find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1];

  test("every pure file with behaviour has a test of its own, is imported by one, or names the test that proves it", () => {
    const missing = src
      .filter((file) => PURE_FOLDERS.includes(folderOf(file.path)) && behaves(file))
      .map(({ path }) => path)
      .filter((path) => !existsSync(join(ROOT, mirror(path))) && !imported.has(path) && provedBy(path) === undefined);
    expect(missing).toEqual([]);
  });

  test("every unit test mirrors a file or a folder of src", () => {
    const lost = sourceFiles("test/unit")
      .filter(({ path }) => path.endsWith(".test.ts"))
      .map(({ path }) => path.replace(/^test\/unit\//, "src/").replace(/\.test\.ts$/, ""))
      .filter((path) => !existsSync(join(ROOT, `${path}.ts`)) && !existsSync(join(ROOT, join(path, ".."))));
    expect(lost).toEqual([]);
  });

  test("every test that proves a file in another's place exists, and so does the file", () => {
    const paths = Object.entries(PROVED_ELSEWHERE).flat();
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("the executable", () => {
  /** Files of `src` that no path from the entry reaches, and why they are there. */
  const UNREACHED: Readonly<Record<string, string>> = {
    "src/config/docs.ts": "makes docs/configuration.md",
    "src/http/compatibility.ts": "makes docs/compatibility.md",
    "src/http/client.ts": "the typed client, which packages import",
  };

  test("holds every file of src: what the entry does not reach is dead or a named exception", () => {
    const byPath = new Map(src.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const open: string[] = ["src/main.ts", ...WORKER_ENTRIES, ...Object.keys(UNREACHED)];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      open.push(...(byPath.get(path)?.imports ?? []).flatMap((each) => each.path ?? []));
    }
    expect(src.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  test("has every thread's entry file among its entrypoints", () => {
    const threads = src.filter(({ code }) => /^(declare const self\b|self\.onmessage\b)/m.test(code));
    expect(threads.map(({ path }) => path)).toEqual([...WORKER_ENTRIES]);
    expect(WORKER_ENTRIES.filter((entry) => !existsSync(join(ROOT, entry)))).toEqual([]);
  });
});
