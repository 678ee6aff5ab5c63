import type { HealthStatus } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import type { ProcessRunner } from "../../ports/process.ts";
import type { Probe } from "./check.ts";
import { probeTimeoutMs } from "./http.ts";
import { TailBuffer } from "./output.ts";

/** A name that starts with a dash would be an option of systemctl. */
const UNIT_NAME = /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*$/;

/** Asks systemd: active passes, an unknown or changing unit warns, a stopped or failed one is critical. */
export function osServiceProbe(run: CheckRun, outputBytesMax: number, processes: ProcessRunner): Probe {
  const unit = run.OSService;
  return async (signal) => {
    if (!UNIT_NAME.test(unit)) return { status: "warning", output: `Service ${JSON.stringify(unit)} is no unit name` };
    const output = new TailBuffer(outputBytesMax);
    try {
      const command = ["systemctl", "show", "--property=LoadState,ActiveState,SubState", unit];
      const request = { command, timeoutMs: probeTimeoutMs(run), onOutput: (chunk: Uint8Array) => output.push(chunk) };
      const result = await processes.run(request, signal);
      if (result.exitCode === 0) return judgeUnit(unit, output.bare());
      return { status: "warning", output: `Could not ask for service "${unit}": ${output.bare().trim()}` };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return { status: "warning", output: `Could not ask for service "${unit}": ${text}` };
    }
  };
}

/** What `systemctl show` said, judged. */
export function judgeUnit(unit: string, shown: string): { status: HealthStatus; output: string } {
  const properties = Object.fromEntries(shown.split("\n").map((line) => line.split("=", 2)));
  const { LoadState = "", ActiveState = "", SubState = "" } = properties;
  if (LoadState === "not-found") return { status: "warning", output: `Service "${unit}" is unknown` };
  const state = `${ActiveState} (${SubState})`;
  if (ActiveState === "active") return { status: "passing", output: `Service "${unit}" is healthy: ${state}` };
  if (ActiveState === "inactive" || ActiveState === "failed") {
    return { status: "critical", output: `Service "${unit}" is unhealthy: ${state}` };
  }
  return { status: "warning", output: `Service "${unit}" is ${state}` };
}
