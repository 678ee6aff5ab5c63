import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { EXECUTABLE } from "../../../support/e2e/agent.ts";

/** A program that speaks Consul's flags and API, so that the real one can prove the harness. */
export interface Registry {
  readonly name: "Muster" | "Consul";
  readonly binary: string;
  /** Consul's default mode may give an old answer for a moment when a leader was cut off. */
  readonly isDefaultModeLinearizable: boolean;
}

/** What the cluster tests run: Muster, or with CLUSTER_CONSUL=/path/to/consul that program. */
export function registryUnderTest(): Registry {
  const consul = process.env.CLUSTER_CONSUL;
  if (consul === undefined || consul === "")
    return { name: "Muster", binary: EXECUTABLE, isDefaultModeLinearizable: true };
  if (!existsSync(consul)) throw new Error(`CLUSTER_CONSUL: there is no ${consul}`);
  return { name: "Consul", binary: resolve(consul), isDefaultModeLinearizable: false };
}
