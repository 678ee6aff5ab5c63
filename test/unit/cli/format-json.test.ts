import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../../src/cli/commands.ts";
import { FILES } from "../../support/cli/case-files.ts";
import { CASES } from "../../support/cli/cases.ts";
import type { Golden } from "../../support/cli/golden.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";
import { startScriptedAgent } from "../../support/cli/scripted-agent.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "format-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Words of the command in a command line, when it has a -format flag. */
function pathWithFormat(argv: readonly string[]): string[] | undefined {
  const entry = commands.find(
    (one) =>
      one.kind === "command" &&
      argv.join(" ").concat(" ").startsWith(`${one.path} `) &&
      one.flags.some(({ name }) => name === "format"),
  );
  return entry?.path.split(" ");
}

/** `maint -enable` and the like answer with a sentence. */
const isOrder = (argv: readonly string[]) =>
  (argv[0] === "maint" && argv.length > 1) || (argv[0] === "keyring" && !argv.some((word) => word.startsWith("-list")));

const goldens = Object.keys(CASES).flatMap(
  (file) => JSON.parse(readFileSync(join(import.meta.dir, "../../fixtures/cli", `${file}.json`), "utf8")) as Golden[],
);
const printing = goldens.filter(({ argv, exit }) => exit === 0 && pathWithFormat(argv) !== undefined && !isOrder(argv));

describe("-format=json prints one JSON document where the command prints for people", () => {
  test.each(printing.map((golden) => [golden.argv.join(" "), golden] as const))("%s", async (_, golden) => {
    const agent = startScriptedAgent(golden.exchanges);
    try {
      const path = pathWithFormat(golden.argv) ?? [];
      const rest = golden.argv.slice(path.length).map((word) => word.replaceAll("{dir}", dir));
      const env = { CONSUL_HTTP_ADDR: agent.address };
      const { exit, stdout } = await runInProcess([...path, "-format=json", ...rest], { env });
      expect(exit).toBe(0);
      expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    } finally {
      await agent.stop();
    }
  });
});
