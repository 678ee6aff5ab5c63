import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/e2e/agent.ts";

const RUN_MS_MAX = 60_000;
const END_MS_MAX = 10_000;

/** Where each client is; undefined when this machine has none. */
const PATHS = {
  prometheus: Bun.which("prometheus"),
  vmagent: Bun.which("vmagent"),
  haproxy: Bun.which("haproxy"),
  jq: Bun.which("jq"),
  curl: Bun.which("curl"),
  // The Python that finds the unpacked modules; else whichever has them installed.
  python: Bun.which("clients-python") ?? Bun.which("python3"),
};
type Program = keyof typeof PATHS;

export const pathOf = (program: Program): string => PATHS[program] ?? program;

/** Why tests that need these programs are not run here; "" when they are. It goes into their titles. */
export function whyNot(...needs: readonly Program[]): string {
  const missing = needs.filter((name) => PATHS[name] === null);
  return missing.length === 0 ? "" : `not run: no ${missing.join(" and no ")} here; .ci/peers unpacks what Debian has`;
}

/** The same of Python modules. */
export function whyNotPython(...modules: readonly string[]): string {
  const python = PATHS.python;
  const missing = modules.filter(
    (name) => python === null || Bun.spawnSync([python, "-c", `import ${name}`]).exitCode !== 0,
  );
  return missing.length === 0
    ? ""
    : `not run: no Python with ${missing.join(", ")} here; .ci/peers unpacks what Debian has`;
}

export interface Running {
  readonly pid: number;
  /** What it printed so far. */
  output(): Promise<string>;
  /** Rejects with its output when it has ended. */
  stillRuns(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a program that stays. What it prints goes to `<name>.log` in `dir`. */
export function startProgram(dir: string, name: string, words: readonly string[]): Running {
  const log = join(dir, `${name}.log`);
  const fd = openSync(log, "a");
  const child = Bun.spawn([...words], { cwd: dir, stdin: "ignore", stdout: fd, stderr: fd });
  closeSync(fd);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const output = () => Bun.file(log).text();
  return {
    pid: child.pid,
    output,
    async stillRuns() {
      if (hasEnded()) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${await output()}`);
    },
    async stop() {
      if (!hasEnded()) child.kill("SIGTERM");
      await until(async () => hasEnded(), `the end of ${name}`, END_MS_MAX).catch(() => child.kill("SIGKILL"));
      await child.exited;
    },
  };
}

/**
 * Runs a Python script of this folder to its end and gives the JSON that it printed; throws with its messages. When it says
 * `pausesWith` it waits until `meanwhile` is done.
 */
export async function runPython<T>(
  script: string,
  args: readonly string[],
  pausesWith = "",
  meanwhile: () => Promise<unknown> = async () => undefined,
): Promise<T> {
  const child = Bun.spawn([pathOf("python"), join(import.meta.dir, "..", script), ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", PYTHONDONTWRITEBYTECODE: "1" },
    timeout: RUN_MS_MAX,
    killSignal: "SIGKILL",
  });
  const messages = async () => {
    let text = "";
    let isPaused = pausesWith !== "";
    for await (const part of child.stderr) {
      text += Buffer.from(part).toString();
      if (!isPaused || !text.includes(pausesWith)) continue;
      isPaused = false;
      await meanwhile();
      child.stdin.write("\n");
      child.stdin.flush();
    }
    return text;
  };
  const [out, err, code] = await Promise.all([child.stdout.text(), messages(), child.exited]);
  if (code !== 0) throw new Error(`${script} ended with ${code}:\n${out}${err}`);
  return JSON.parse(out) as T;
}
