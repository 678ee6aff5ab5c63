import { ROOT } from "./step.ts";
import { SUITES } from "./suites.ts";

// `bun run test:unit [arguments of bun test]`: one suite, with its output as it comes.

const [name = "", ...rest] = process.argv.slice(2);
const suite = SUITES.find((each) => each.name === name);
if (suite === undefined) {
  process.stderr.write(`suites are: ${SUITES.map((each) => each.name).join(" ")}\n`);
  process.exit(2);
}

function run(args: readonly string[]): number {
  const { exitCode } = Bun.spawnSync([process.execPath, ...args], {
    cwd: ROOT,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  return exitCode;
}

const built = suite.needsBinary ? run(["scripts/build.ts"]) : 0;
process.exitCode = built === 0 ? run([...suite.argv, ...rest]) : built;
