import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILES } from "../../support/cli/case-files.ts";
import { CASES, type CliCase } from "../../support/cli/cases.ts";
import { type Golden, maskHelp, sortMaintenance } from "../../support/cli/golden.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";
import { requestLine, startScriptedAgent } from "../../support/cli/scripted-agent.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "golden-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function replay(golden: Golden) {
  const agent = startScriptedAgent(golden.exchanges);
  try {
    const argv = golden.argv.map((word) => word.replaceAll("{dir}", dir));
    const env = { SHELL: "/bin/sh", CONSUL_HTTP_ADDR: agent.address, ...golden.env };
    const { exit, stdout, stderr } = await runInProcess(argv, {
      env,
      ...(golden.stdin ? { input: golden.stdin } : {}),
    });
    const hide = (text: string) =>
      maskHelp(text.replaceAll(dir, "{dir}").replaceAll(encodeURIComponent(dir), "{escaped-dir}"));
    return { exit, stdout: sortMaintenance(golden.argv, hide(stdout)), stderr: hide(stderr), requests: agent.requests };
  } finally {
    await agent.stop();
  }
}

/** Output that is JSON by its value. */
function withJson(printed: { exit: number; stdout: string; stderr: string }): unknown {
  try {
    return { ...printed, stdout: JSON.parse(printed.stdout) as unknown };
  } catch {
    return printed;
  }
}

for (const [file, cases] of Object.entries(CASES)) {
  const path = join(import.meta.dir, "../../fixtures/cli", `${file}.json`);
  const goldens = JSON.parse(readFileSync(path, "utf8")) as Golden[];
  describe(`cli ${file}: prints, asks and exits as Consul 1.8.7 did`, () => {
    goldens.forEach((golden, at) => {
      const { ours } = cases[at] as CliCase;
      test(`${at + 1}: ${golden.argv.join(" ")}${ours === undefined ? "" : ` (but ${ours.why})`}`, async () => {
        const { requests, ...printed } = await replay(golden);
        const expected = ours ?? golden;
        const wanted = {
          exit: expected.exit,
          stdout: sortMaintenance(golden.argv, maskHelp(expected.stdout)),
          stderr: maskHelp(expected.stderr),
        };
        // Go prints the fields of a watch's data in the order of its structs, which nobody reads.
        if (file === "watch") expect(withJson(printed)).toEqual(withJson(wanted));
        else expect(printed).toEqual(wanted);
        if (ours === undefined)
          expect(requests).toEqual(
            golden.exchanges.map(({ method, target, body }) => requestLine(method, target, body)),
          );
      });
    });
  });
}
