import type { HealthStatus } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import { nsToMs } from "../../model/go-decode.ts";
import type { HttpProber } from "../../ports/probes.ts";
import type { Probe } from "./check.ts";
import { TailBuffer } from "./output.ts";

export const PROBE_TIMEOUT_MS_DEFAULT = 10_000;

const DEFAULT_HEADERS: readonly [string, string][] = [
  ["User-Agent", "Consul Health Check"],
  ["Accept", "text/plain, text/*, */*"],
];

/** The check's own timeout, or Consul's 10 s. */
export function probeTimeoutMs(run: CheckRun): number {
  return run.Timeout > 0 ? nsToMs(run.Timeout) : PROBE_TIMEOUT_MS_DEFAULT;
}

/** Asks a URL: 2xx passes, 429 warns, all else is critical. Of a long body the end is kept. */
export function httpProbe(run: CheckRun, outputBytesMax: number, http: HttpProber): Probe {
  const method = run.Method || "GET";
  const request = {
    method,
    url: run.HTTP,
    headers: headersOf(run),
    body: run.Body,
    timeoutMs: probeTimeoutMs(run),
    followRedirects: !run.DisableRedirects,
    tls: { skipVerify: run.TLSSkipVerify, serverName: run.TLSServerName },
  };
  return async (signal) => {
    const body = new TailBuffer(outputBytesMax);
    try {
      const reply = await http.request(request, (chunk) => body.push(chunk), signal);
      const output = `HTTP ${method} ${run.HTTP}: ${reply.status} ${reply.reason} Output: ${body.bare()}`;
      return { status: httpStatus(reply.status), output };
    } catch (error) {
      return { status: "critical", output: error instanceof Error ? error.message : String(error) };
    }
  };
}

function httpStatus(status: number): HealthStatus {
  if (status >= 200 && status <= 299) return "passing";
  return status === 429 ? "warning" : "critical";
}

function headersOf(run: CheckRun): [string, readonly string[]][] {
  const own = Object.entries(run.Header ?? {});
  const named = new Set(own.map(([name]) => name.toLowerCase()));
  const missing = DEFAULT_HEADERS.filter(([name]) => !named.has(name.toLowerCase()));
  return [...missing.map(([name, value]): [string, string[]] => [name, [value]]), ...own];
}
