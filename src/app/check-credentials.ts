import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { ProbeCredentials } from "../platform/http-prober.ts";

type TlsKeys = Pick<Config, "enableAgentTlsForChecks" | "caFile" | "caPath" | "certFile" | "keyFile">;

/**
 * What checks show and trust when they use the agent's certificates (`enable_agent_tls_for_checks`), as texts in PEM;
 * nothing otherwise. Throws with the name of the file that can't be read.
 */
export function checkCredentials(config: TlsKeys): ProbeCredentials {
  const { caFile, caPath, certFile, keyFile } = config;
  if (!config.enableAgentTlsForChecks) return {};
  try {
    const ca = caFile !== "" ? read(caFile) : caPath !== "" ? readAll(caPath) : undefined;
    const pair = certFile !== "" && keyFile !== "" ? { cert: read(certFile), key: read(keyFile) } : {};
    return { ...(ca === undefined ? {} : { ca }), ...pair };
  } catch (error) {
    throw new Error(`enable_agent_tls_for_checks: ${(error as Error).message}`);
  }
}

const read = (path: string) => readFileSync(path, "utf8");

function readAll(directory: string): string {
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return files.map(({ name }) => read(join(directory, name))).join("\n");
}
