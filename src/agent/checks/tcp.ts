import type { CheckRun } from "../../model/definition-check.ts";
import type { SocketProber } from "../../ports/probes.ts";
import type { Probe } from "./check.ts";
import { probeTimeoutMs } from "./http.ts";
import { parseTarget } from "./target.ts";

/** Connects: whoever accepts the connection passes. */
export function tcpProbe(run: CheckRun, sockets: SocketProber): Probe {
  const tls = run.TCPUseTLS ? { skipVerify: run.TLSSkipVerify, serverName: run.TLSServerName } : undefined;
  return async (signal) => {
    try {
      await sockets.tcp(parseTarget(run.TCP), tls, probeTimeoutMs(run), signal);
      return { status: "passing", output: `TCP connect ${run.TCP}: Success` };
    } catch (error) {
      return { status: "critical", output: error instanceof Error ? error.message : String(error) };
    }
  };
}
