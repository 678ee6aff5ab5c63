import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { SUITES } from "../../scripts/suites.ts";
import { VERSION } from "../../src/lib/version.ts";
import { filesUnder, ROOT } from "./sources.ts";

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  version: string;
  packages: Readonly<Record<string, LockedPackage>>;
};

describe("package", () => {
  test("names exact versions, so that an update is a decision", () => {
    const all = { ...packageJson.dependencies, ...packageJson.devDependencies };
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test("has the version that the executable prints", () => {
    expect(VERSION).toBe(packageJson.version);
    expect(lock.version).toBe(packageJson.version);
  });

  test("may run the install script of the pinned Bun and of nothing else", () => {
    expect(packageJson.allowScripts).toEqual({ [`bun@${packageJson.devDependencies.bun}`]: true } as never);
  });

  test("has a lock file that npm ci accepts: every package of another platform has its entry", () => {
    // npm leaves these out when a registry's mirror lacks them; then `npm ci` refuses the file on every machine.
    const named = Object.values(lock.packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    expect(named.filter((name) => lock.packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });

  test("locks every package that is always installed by its hash", () => {
    const loose = Object.entries(lock.packages).filter(
      ([path, each]) => path !== "" && !each.optional && !each.integrity,
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });
});

describe("suites", () => {
  /** Folders of `test` that hold no tests of their own. */
  const NO_SUITE = ["support", "fixtures", "bench"];
  const folders = readdirSync(join(ROOT, "test"));

  test("every folder of tests belongs to a run of the check", () => {
    const known = [...SUITES.map((suite) => suite.name), ...NO_SUITE];
    expect(folders.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("every run has tests", () => {
    const isTest = (path: string) => path.endsWith(".test.ts") || /^test\/(conformance|scenario)\/run\.ts$/.test(path);
    const pathOf = (argv: readonly string[]) => argv.find((word) => /^(\.\/)?test\//.test(word))?.replace(/^\.\//, "");
    const filesOf = (path = "") => (path.endsWith(".ts") ? [path] : filesUnder(path));
    expect(SUITES.filter(({ argv }) => !filesOf(pathOf(argv)).some(isTest))).toEqual([]);
  });

  test("no test hides in a folder that no run reads", () => {
    const isRead = (name: string) => SUITES.some(({ argv }) => argv.includes(`./test/${name}`));
    const unread = NO_SUITE.filter((name) => !isRead(name));
    const hidden = unread.flatMap((name) => filesUnder(`test/${name}`)).filter((path) => path.endsWith(".test.ts"));
    expect(hidden).toEqual([]);
  });
});
