import { describe, expect, test } from "bun:test";
import { documents, read } from "./markdown.ts";
import { filesUnder, folderOf, linesWith, parse, type SourceFile, sourceFiles } from "./sources.ts";

const src = sourceFiles("src");
const all = [...src, ...sourceFiles("test"), ...sourceFiles("scripts")].filter(
  ({ path }) => !path.startsWith("test/tidy/"),
);

const inFolders = (...folders: string[]) => src.filter((file) => folders.includes(folderOf(file.path)));
const outside = (...folders: string[]) => src.filter((file) => !folders.includes(folderOf(file.path)));
const found = (files: readonly SourceFile[], pattern: RegExp) =>
  files.flatMap((file) => linesWith(file, file.code, pattern));

describe("banned calls", () => {
  test("time and chance come from the ports, so that one seed replays a run (a thread of storage has no ports)", () => {
    const pattern =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bperformance\.now\(|\bcrypto\.(randomUUID|getRandomValues)\(|\bBun\.(sleep|nanoseconds)\b/;
    expect(found(outside("platform", "storage", "cli"), pattern)).toEqual([]);
  });

  test("nothing below the edges opens a socket, except through its port", () => {
    expect(found(outside("platform", "cli"), /\b(await|return|=|=>) (globalThis\.)?fetch\(|\bnew WebSocket\(/)).toEqual(
      [],
    );
  });

  test("output goes through the logger or the command line's own writer, never through console", () => {
    expect(found(src, /\bconsole\.(log|error|warn|info|debug|trace|table|dir)\(/)).toEqual([]);
  });

  test("types are not switched off; a wrong one of a package is expected, with the reason", () => {
    const pattern = /\bas any[;,)\].]|<any>/;
    expect(found(all, pattern)).toEqual([]);
    expect(
      all.flatMap((file) => linesWith(file, file.text, /@ts-(ignore|nocheck|expect-error(?!: (\S+ ){2}))/)),
    ).toEqual([]);
  });

  test("no linter rule is switched off without a reason of some words", () => {
    const bare = /biome-ignore(?!(-all|-start)? [\w/]+: (\S+ ){3})/;
    expect(all.flatMap((file) => linesWith(file, file.text, bare))).toEqual([]);
  });

  test("no test is alone, and none is skipped unless its title says why: left out, or not run, because a machine lacks something", () => {
    expect(
      found(all, /\b(it|test|describe)\.((only|todo|failing)\(|skip\((?!["`][^"`]*(left out|not run): ))/),
    ).toEqual([]);
  });

  test("tests wait for conditions and not for time; a loop that looks again may pause for some milliseconds", () => {
    expect(found(sourceFiles("test/unit"), /\bBun\.sleep(Sync)?\((?!\d{1,2}\))|setTimeout\(\s*resolve\b/)).toEqual([]);
  });

  test("the cores start no thread and no process", () => {
    expect(
      found(inFolders("raft", "gossip", "state", "acl", "codec", "lang", "dns"), /\bnew Worker\(|\bspawn/),
    ).toEqual([]);
  });
});

describe("words", () => {
  const texts = [...documents(), ...filesUnder("deploy"), ".ci/run", ".ci/peers"].map((path) =>
    parse(path, read(path)),
  );

  test("nothing is left to do later: it is done or it is in an issue", () => {
    const pattern = /\b(TODO|FIXME|XXX|HACK)\b/;
    expect([...all, ...texts].flatMap((file) => linesWith(file, file.text, pattern))).toEqual([]);
  });

  test("no path of somebody's own machine", () => {
    const pattern = /(^|[\s"'`(=])\/(work|home\/\w+|root|Users\/\w+)\//;
    expect([...all, ...texts].flatMap((file) => linesWith(file, file.text, pattern))).toEqual([]);
  });
});
