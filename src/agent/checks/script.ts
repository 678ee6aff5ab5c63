import { formatDurationNs, NS_PER_MS } from "../../lib/duration.ts";
import type { HealthStatus } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import { nsToMs } from "../../model/go-decode.ts";
import type { ProcessRunner } from "../../ports/process.ts";
import type { Probe } from "./check.ts";
import { TailBuffer } from "./output.ts";

const SCRIPT_TIMEOUT_MS_DEFAULT = 30_000;

/** The check's own timeout, or Consul's 30 s for what runs a program. */
export function programTimeoutMs(run: CheckRun): number {
  return run.Timeout > 0 ? nsToMs(run.Timeout) : SCRIPT_TIMEOUT_MS_DEFAULT;
}

/** Runs a program: exit 0 passes, 1 warns, anything else (a signal too) is critical. */
export function scriptProbe(run: CheckRun, outputBytesMax: number, processes: ProcessRunner): Probe {
  const timeoutMs = programTimeoutMs(run);
  return async (signal) => {
    const output = new TailBuffer(outputBytesMax);
    try {
      const onOutput = (chunk: Uint8Array) => output.push(chunk);
      const result = await processes.run({ command: run.ScriptArgs ?? [], timeoutMs, onOutput }, signal);
      if (!result.timedOut) return { status: exitStatus(result.exitCode), output: output.text() };
      const after = formatDurationNs(timeoutMs * NS_PER_MS);
      const said = output.total > 0 ? `\n\n${output.text()}` : "";
      return { status: "critical", output: `Timed out (${after}) running check${said}` };
    } catch (error) {
      return { status: "critical", output: error instanceof Error ? error.message : String(error) };
    }
  };
}

/** Nagios' rule for exit codes. */
export function exitStatus(exitCode: number | null): HealthStatus {
  if (exitCode === 0) return "passing";
  return exitCode === 1 ? "warning" : "critical";
}
