import type { CheckRun } from "../../model/definition-check.ts";
import type { Http2Prober } from "../../ports/probes.ts";
import type { Probe } from "./check.ts";
import { probeTimeoutMs } from "./http.ts";
import { parseTarget } from "./target.ts";

/** Sends an HTTP/2 PING; whoever answers passes. With TLS unless the definition switches it off. */
export function h2pingProbe(run: CheckRun, load: () => Promise<Http2Prober>): Probe {
  const tls = (run.H2PingUseTLS ?? true) ? { skipVerify: run.TLSSkipVerify, serverName: run.TLSServerName } : undefined;
  return async (signal) => {
    try {
      const client = await load();
      await client.ping(parseTarget(run.H2PING), tls, probeTimeoutMs(run), signal);
      return { status: "passing", output: "HTTP2 ping was successful" };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return { status: "critical", output: `HTTP2 ping failed: ${text}` };
    }
  };
}
