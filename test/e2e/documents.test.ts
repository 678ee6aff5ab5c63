import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, EXECUTABLE, environment, startAgent } from "../support/e2e/agent.ts";
import { commandBlocks, documents } from "../tidy/markdown.ts";

// Documents are executed: each block of commands runs against one agent, in the order of the document. Blocks that say why
// they can't run are left out; `test/tidy` demands the reason.

for (const path of documents()) {
  const blocks = commandBlocks(path).filter((block) => block.notRun === undefined);
  if (blocks.length > 0) describe(path, () => runInOrder(blocks));
}

function runInOrder(blocks: ReturnType<typeof commandBlocks>): void {
  let dir: string;
  let agent: Agent;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "muster-documents-"));
    symlinkSync(EXECUTABLE, join(dir, "muster"));
    agent = await startAgent(dir, ["-dev"]);
  });

  afterAll(async () => {
    await agent?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const { at, script, needs } of blocks) {
    const missing = needs.filter((name) => Bun.which(name) === null);
    const title = missing.length === 0 ? at : `${at} (not run: no ${missing.join(", ")} here)`;
    test.skipIf(missing.length > 0)(title, async () => {
      const { code, output } = await runScript(dir, agent, script);
      expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
      expect(output.trim()).not.toBe("");
    });
  }
}

/** The documents show the usual ports; here they are the agent's own. `curl` fails on an error status, as a reader would see one. */
async function runScript(dir: string, agent: Agent, script: string): Promise<{ code: number; output: string }> {
  const own = script
    .replaceAll("127.0.0.1:8500", `127.0.0.1:${agent.httpPort}`)
    .replaceAll("-p 8600", `-p ${agent.dnsPort}`)
    .replace(/^(\s*)curl /gm, "$1curl -sS --fail-with-body -w '%{http_code}\\n' ");
  const child = Bun.spawn(["sh", "-eu", "-c", own], {
    cwd: dir,
    env: {
      ...environment(dir),
      PATH: `${dir}:${environment(dir).PATH}`,
      CONSUL_HTTP_ADDR: `127.0.0.1:${agent.httpPort}`,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: `${out}${err}` };
}
