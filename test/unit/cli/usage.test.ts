import { describe, expect, test } from "bun:test";
import type { CommandEntry } from "../../../src/cli/command.ts";
import { commands } from "../../../src/cli/commands.ts";
import { goFlagUsage, httpFlags } from "../../../src/cli/usage.ts";
import type { FlagSpec } from "../../../src/lang/goflags.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

const leaves = commands.filter((entry): entry is CommandEntry => entry.kind === "command");

describe("command line: help and usage errors", () => {
  test.each(commands.map(({ path }) => path))("%s -h prints its help and exits 0", async (path) => {
    const { exit, stdout, stderr } = await runInProcess([...path.split(" "), "-h"]);
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toStartWith(`Usage: muster ${path}`);
  });

  test.each(leaves.filter((entry) => !entry.ownWords).map(({ path }) => path))(
    "%s with an unknown flag prints Go's usage on standard error and exits 1",
    async (path) => {
      const { exit, stdout, stderr } = await runInProcess([...path.split(" "), "-zzz"]);
      expect([exit, stdout]).toEqual([1, ""]);
      expect(stderr).toStartWith("flag provided but not defined: -zzz\nUsage:\n");
    },
  );

  test("no word and an unknown word print the commands on standard error and exit 127", async () => {
    for (const argv of [[], ["zzz"], ["-x"], ["zzz", "--help"]]) {
      const { exit, stdout, stderr } = await runInProcess(argv);
      expect([exit, stdout]).toEqual([127, ""]);
      expect(stderr).toStartWith(
        "Usage: muster [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n    agent ",
      );
    }
  });

  test("--help alone prints the commands on standard output and exits 0", async () => {
    const { exit, stdout, stderr } = await runInProcess(["--help"]);
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("\n    kv             ");
  });

  test("help shows a command's own flags first, and the value that counts when one is absent", async () => {
    const { stdout } = await runInProcess(["lock", "-h"]);
    expect(stdout.indexOf("Command Options")).toBeLessThan(stdout.indexOf("HTTP API Options"));
    expect(stdout).toContain(
      "     How many may hold it at once. More than 1 makes it a semaphore.\n     (default 1)\n",
    );
  });

  test("a group needs a sub-command: help on standard error, exit 1", async () => {
    for (const argv of [["kv"], ["kv", "zzz"]]) {
      const { exit, stderr } = await runInProcess(argv);
      expect(exit).toBe(1);
      expect(stderr).toContain("\nSubcommands:\n    delete    Delete a key or a prefix\n");
    }
  });

  test("a program called consul calls itself so", async () => {
    const { stdout } = await runInProcess(["kv", "get", "-h"], { program: "consul" });
    expect(stdout).toContain("Usage: consul kv get [options]");
    expect(stdout).not.toContain("muster");
  });

  test("-format takes pretty and json only", async () => {
    expect(await runInProcess(["members", "-format=xml"])).toEqual({
      exit: 1,
      stdout: "",
      stderr: "Unknown format: xml\n",
    });
  });

  test("help lines are at most 80 columns wide", async () => {
    for (const { path } of commands) {
      const { stdout } = await runInProcess([...path.split(" "), "-h"]);
      const prose = stdout.split("\n").filter((line) => !/^ {6}\$ |^Usage/.test(line));
      expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });
});

test("kv delete: -modify-index means nothing without -cas, and nothing is deleted", async () => {
  expect(await runInProcess(["kv", "delete", "-modify-index=1", "a"])).toEqual({
    exit: 1,
    stdout: "",
    stderr: "Cannot specify -modify-index without -cas!\n",
  });
});

describe("command line: Go's flag usage", () => {
  test("names, kinds and defaults are printed as the flag package does", () => {
    const flags: FlagSpec[] = [
      { name: "b", kind: "bool", doc: "Bool.", default: false },
      { name: "s", kind: "string", doc: "Text.", default: "/" },
      { name: "n", kind: "int", doc: "Number.", default: 3 },
      { name: "d", kind: "duration", doc: "Time.", default: 90_000 },
      { name: "t", kind: "strings", doc: "Many." },
      { name: "v", kind: "string", nullable: true, doc: "Value." },
    ];
    expect(goFlagUsage(flags).split("\n")).toEqual([
      "Usage:",
      "  -b",
      "    \tBool.",
      "  -d duration",
      "    \tTime. (default 1m30s)",
      "  -n int",
      "    \tNumber. (default 3)",
      "  -s string",
      '    \tText. (default "/")',
      "  -t value",
      "    \tMany.",
      "  -v value",
      "    \tValue.",
    ]);
  });

  test("the table is sound: paths are unique, groups exist, and no flag hides a common one", () => {
    const paths = commands.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    for (const { path } of commands) {
      const above = path.split(" ").slice(0, -1).join(" ");
      if (above !== "") expect(commands.find((entry) => entry.path === above)?.kind).toBe("group");
    }
    for (const entry of leaves) {
      const names = [...httpFlags(entry), ...entry.flags].map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
