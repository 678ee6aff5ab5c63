import { describe, expect, test } from "bun:test";
import { commands } from "../../../src/cli/commands.ts";
import { candidates } from "../../../src/cli/complete.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

const after = (line: string) => candidates(commands, line);

describe("shell completion: candidates", () => {
  test("words of the table, as far as the line goes", () => {
    expect(after("muster ca")).toEqual(["catalog"]);
    expect(after("muster kv ")).toEqual(["delete", "export", "get", "import", "put"]);
    expect(after("muster kv g")).toEqual(["get"]);
    expect(after("muster ")).toContain("agent");
  });

  test("flags of the command, common ones too, once the word begins with a dash", () => {
    expect(after("muster kv get -s")).toEqual(["-separator", "-stale"]);
    expect(after("muster kv get -keys -st")).toEqual(["-stale"]);
    expect(after("muster members -s")).toEqual(["-segment", "-status"]);
    expect(after("muster -")).toContain("-version");
  });

  test("behind a command there are no more words", () => {
    expect(after("muster kv get k")).toEqual([]);
  });

  test("COMP_LINE makes the program print candidates and do nothing else", async () => {
    expect(await runInProcess(["leave"], { env: { COMP_LINE: "muster sn" } })).toEqual({
      exit: 0,
      stdout: "snapshot\n",
      stderr: "",
    });
  });
});
