import { type CommandContext, orFail } from "./context.ts";

/** The configuration as the API prints it; durations are Go texts. */
export interface PrintedAutopilotConfiguration {
  readonly CleanupDeadServers: boolean;
  readonly LastContactThreshold: string;
  readonly MaxTrailingLogs: number;
  readonly MinQuorum: number;
  readonly ServerStabilizationTime: string;
  readonly RedundancyZoneTag: string;
  readonly DisableUpgradeMigration: boolean;
  readonly UpgradeVersionTag: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export const AUTOPILOT_CONFIGURATION_PATH = "/v1/operator/autopilot/configuration";

/** Reads it; with `mayBeStale` false from the leader, whatever `-stale` says. */
export function readAutopilotConfiguration(
  { api }: CommandContext,
  mayBeStale = true,
): Promise<PrintedAutopilotConfiguration> {
  const query = mayBeStale ? {} : { stale: undefined };
  const read = api.get<PrintedAutopilotConfiguration>(AUTOPILOT_CONFIGURATION_PATH, { query });
  return orFail("Error querying Autopilot configuration", read);
}
