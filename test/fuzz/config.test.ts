import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../src/config/error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { runExecutable } from "../support/e2e/agent.ts";
import { dice, runs, SEED } from "./harness/target.ts";

const EXAMPLES = ["dev.hcl", "server.hcl", "single.hcl", "client.json"].map((name) => ({
  name,
  bytes: readFileSync(join(import.meta.dir, "../../deploy/config", name)),
}));
const OWN = Buffer.from(`services { name = "web" port = 80 check { http = "http://127.0.0.1" interval = "10s" } }
dns_config { service_ttl { "*" = "1s" } node_ttl = "1s" }
limits { kv_max_value_size = 1000 }
text = <<EOF
a \${b}
EOF
`);
const machine = { hostname: "vm", interfaces: [] };

test(`configuration near valid ones gives a Config or a ConfigError (FUZZ_SEED=${SEED})`, () => {
  const random = dice(40);
  for (let round = runs(3000); round > 0; round--) {
    const { name, bytes } = random.of([...EXAMPLES, { name: "own.hcl", bytes: OWN }]);
    const text = random.mutate(bytes).toString();
    const source = { name, format: name.endsWith("hcl") ? ("hcl" as const) : ("json" as const), text };
    try {
      loadConfig({ dev: true, sources: [source], flags: {}, machine });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw new Error(`${String(error)} for ${name}: ${JSON.stringify(text)}`);
    }
  }
});

test(`validate says yes or no to any file, in words (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(41);
  const dir = mkdtempSync(join(tmpdir(), "muster-fuzz-"));
  try {
    for (let round = runs(40); round > 0; round--) {
      const { name, bytes } = random.of(EXAMPLES);
      const file = join(dir, name);
      writeFileSync(file, random.chance(0.2) ? random.bytes(300) : random.mutate(bytes));
      const { code, stdout, stderr } = await runExecutable(dir, ["validate", file]);
      expect([0, 1]).toContain(code);
      expect(stdout + stderr).not.toMatch(/\n\s+at |TypeError|RangeError/);
      expect((stdout + stderr).length).toBeGreaterThan(5);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
