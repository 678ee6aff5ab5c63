import type { CheckRun } from "../../model/definition-check.ts";
import type { SocketProber } from "../../ports/probes.ts";
import type { Probe } from "./check.ts";
import { probeTimeoutMs } from "./http.ts";
import { parseTarget } from "./target.ts";

/** What Consul sends when the definition says nothing else. */
const PAYLOAD = "Hello UDP";

/** Sends a datagram. Silence passes, as most UDP services answer only what they understand; a closed port is critical. */
export function udpProbe(run: CheckRun, sockets: SocketProber): Probe {
  return async (signal) => {
    try {
      await sockets.udp(parseTarget(run.UDP), PAYLOAD, probeTimeoutMs(run), signal);
      return { status: "passing", output: `UDP connect ${run.UDP}: Success` };
    } catch (error) {
      return { status: "critical", output: error instanceof Error ? error.message : String(error) };
    }
  };
}
