import { sum } from "./counts.ts";
import { runStep, type Step, type StepResult, tool } from "./step.ts";
import { SUITES } from "./suites.ts";

// `bun run check`: everything that must hold before a change is good. Prints one line per step, the output of those that
// failed, and as its last line the sum of all tests. `bun run check lint types` runs only these.

const bun = process.execPath;
/** Steps of one stage share the two cores of a small machine; a stage begins when the one before has ended. */
const STAGES: readonly (readonly Step[])[] = [
  [
    { name: "format", command: tool("biome", "check", "--linter-enabled=false", "--error-on-warnings") },
    { name: "lint", command: tool("biome", "lint", "--error-on-warnings") },
    { name: "types", command: tool("tsc", "-p", ".") },
    { name: "dead code", command: tool("knip", "--no-progress") },
    suite("tidy"),
  ],
  [suite("unit")],
  // Shares itself out to both cores.
  [suite("sim")],
  [suite("scenario"), suite("gossip-sim")],
  [{ name: "build", command: [bun, "scripts/build.ts"] }],
  [suite("interop-consul"), suite("interop"), suite("real-clients")],
  [suite("e2e")],
  [suite("cluster")],
  [suite("conformance")],
  [suite("conformance-client")],
  [suite("clients")],
  [suite("fuzz")],
];

function suite(name: string): Step {
  const found = SUITES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no suite ${name}`);
  return { name, command: [bun, ...found.argv], hasTests: true, ...(found.needsBinary ? { needs: "build" } : {}) };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function report(result: StepResult): void {
  const { passed, failed, skipped } = result.counts;
  const tests = passed + failed + skipped === 0 ? "" : `  ${passed} passed, ${failed} failed, ${skipped} skipped`;
  say(`${result.outcome.padEnd(8)} ${result.name.padEnd(12)} ${result.seconds.toFixed(1).padStart(6)} s${tests}`);
}

async function runStage(steps: readonly Step[], earlier: readonly StepResult[]): Promise<StepResult[]> {
  const results: StepResult[] = [];
  const waiting = [...steps];
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const { name, needs } = step;
      const isReady = needs === undefined || earlier.some((done) => done.name === needs && done.outcome === "ok");
      const result: StepResult = isReady
        ? await runStep(step)
        : {
            name,
            outcome: "not run",
            counts: { passed: 0, failed: 1, skipped: 0 },
            seconds: 0,
            output: `needs ${needs}\n`,
          };
      report(result);
      results.push(result);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

const only = process.argv.slice(2);
const unknown = only.filter((name) => !STAGES.flat().some((step) => step.name === name));
if (unknown.length > 0) {
  say(
    `no step ${unknown.join(", ")}; steps are: ${STAGES.flat()
      .map((step) => step.name)
      .join(", ")}`,
  );
  process.exit(2);
}
const results: StepResult[] = [];
for (const stage of STAGES) {
  const wanted = stage.filter((step) => only.length === 0 || only.includes(step.name));
  results.push(...(await runStage(wanted, results)));
}
const bad = results.filter((result) => result.outcome !== "ok");
for (const { name, output } of bad) say(`\n----- ${name} -----\n${output.trimEnd()}`);
const total = sum(results.map((result) => result.counts));
if (bad.length > 0) say(`\nfailed: ${bad.map((result) => result.name).join(", ")}`);
if (total.skipped > 0) say(`${total.skipped} skipped`);
say(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = bad.length === 0 ? 0 : 1;
