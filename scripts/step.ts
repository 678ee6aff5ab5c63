import { join } from "node:path";
import { type Counts, countsIn, NO_TESTS } from "./counts.ts";

export const ROOT = join(import.meta.dir, "..");

/** Far above what any step needs, on a slow machine too; a hanging test must not hang the check. */
const STEP_TIMEOUT_MS = 15 * 60_000;

/** One thing that the check demands. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Its output ends with a count of tests. */
  readonly hasTests?: boolean;
  /** The step whose success it needs. */
  readonly needs?: string;
}

export interface StepResult {
  readonly name: string;
  readonly outcome: "ok" | "failed" | "not run";
  readonly counts: Counts;
  readonly seconds: number;
  readonly output: string;
}

/** The command of a tool of `node_modules`, run by the Bun that runs this and never by one on the PATH. */
export function tool(name: string, ...args: string[]): string[] {
  return [join(ROOT, "node_modules/.bin", name), ...args];
}

/**
 * Runs a step and keeps its output. A step that failed without a failing test (a crash, a linter) counts as one failed,
 * so that a sum without failures always means that all is well.
 */
export async function runStep(step: Step): Promise<StepResult> {
  const startedNs = Bun.nanoseconds();
  const child = Bun.spawn([...step.command], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    // A group of its own: what a hanging test has started must end with it, or its open pipe keeps this waiting.
    detached: true,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  const kill = () => process.kill(-child.pid, "SIGKILL");
  const stop = () => {
    kill();
    process.exit(130);
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, STEP_TIMEOUT_MS);
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  process.off("SIGINT", stop).off("SIGTERM", stop);
  const output = `${out}${err}${isLate ? `\nended after ${STEP_TIMEOUT_MS / 1000} s\n` : ""}`;
  let counts = step.hasTests === true ? countsIn(output) : NO_TESTS;
  const isEmpty = step.hasTests === true && counts.passed + counts.failed === 0;
  const ok = code === 0 && counts.failed === 0 && !isEmpty;
  if (!ok && counts.failed === 0) counts = { ...counts, failed: 1 };
  return {
    name: step.name,
    outcome: ok ? "ok" : "failed",
    counts,
    seconds: (Bun.nanoseconds() - startedNs) / 1e9,
    output,
  };
}
