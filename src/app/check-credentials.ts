import type { Config } from "../config/config.ts";
import type { ProbeCredentials } from "../platform/http-prober.ts";
import { readAuthorities, readPem } from "./tls-files.ts";

type TlsKeys = Pick<Config, "enableAgentTlsForChecks" | "caFile" | "caPath" | "certFile" | "keyFile">;

/**
 * What checks show and trust when they use the agent's certificates (`enable_agent_tls_for_checks`), as texts in PEM;
 * nothing otherwise. Throws with the name of the file that can't be read.
 */
export function checkCredentials(config: TlsKeys): ProbeCredentials {
  const { certFile, keyFile } = config;
  if (!config.enableAgentTlsForChecks) return {};
  try {
    const ca = readAuthorities(config);
    const pair = certFile !== "" && keyFile !== "" ? { cert: readPem(certFile), key: readPem(keyFile) } : {};
    return { ...(ca === undefined ? {} : { ca }), ...pair };
  } catch (error) {
    throw new Error(`enable_agent_tls_for_checks: ${(error as Error).message}`);
  }
}
