import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAgent } from "../support/e2e/agent.ts";
import { ROOT } from "../tidy/sources.ts";

const isMissing = Bun.which("npm") === null;

test.skipIf(isMissing)(
  `npm start runs a development agent from the sources${isMissing ? " (not run: no npm here)" : ""}`,
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "muster-npm-start-"));
    const agent = await startAgent(dir, [], { words: ["npm", "start", "--"], cwd: ROOT });
    try {
      const self = (await (await fetch(`${agent.url}/v1/agent/self`)).json()) as { Config: { Server: boolean } };
      expect(self.Config.Server).toBe(true);
    } finally {
      await agent.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
