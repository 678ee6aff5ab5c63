import type { ParsedFlags } from "../lang/goflags.ts";
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import {
  AUTOPILOT_CONFIGURATION_PATH,
  type PrintedAutopilotConfiguration,
  readAutopilotConfiguration,
} from "./operator-autopilot-config.ts";
import type { SET_CONFIG_FLAGS } from "./table/operator.ts";

type Values = ParsedFlags<typeof SET_CONFIG_FLAGS>["values"];

/** `operator autopilot set-config`: reads all and writes it back with what was given, unless it changed in between. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof SET_CONFIG_FLAGS>): Promise<number> {
  const before = await readAutopilotConfiguration(context, false);
  const body = encodeGoJson(changed(before, values));
  const query = { cas: String(before.ModifyIndex) };
  const answer = await orFail(
    "Error setting Autopilot configuration",
    context.api.put(AUTOPILOT_CONFIGURATION_PATH, { query, body }),
  );
  if (answer.trim() !== "true") {
    throw new CommandFailure("Configuration could not be atomically updated, please try again");
  }
  context.print("Configuration updated!");
  return 0;
}

function changed(before: PrintedAutopilotConfiguration, values: Values) {
  return {
    CleanupDeadServers: values["cleanup-dead-servers"] ?? before.CleanupDeadServers,
    LastContactThreshold: durationText(values["last-contact-threshold"]) ?? before.LastContactThreshold,
    MaxTrailingLogs: values["max-trailing-logs"] ?? before.MaxTrailingLogs,
    MinQuorum: values["min-quorum"] ?? before.MinQuorum,
    ServerStabilizationTime: durationText(values["server-stabilization-time"]) ?? before.ServerStabilizationTime,
    RedundancyZoneTag: values["redundancy-zone-tag"] ?? before.RedundancyZoneTag,
    DisableUpgradeMigration: values["disable-upgrade-migration"] ?? before.DisableUpgradeMigration,
    UpgradeVersionTag: values["upgrade-version-tag"] ?? before.UpgradeVersionTag,
    CreateIndex: before.CreateIndex,
    ModifyIndex: before.ModifyIndex,
  };
}

const durationText = (ms: number | undefined) => (ms === undefined ? undefined : formatDurationNs(ms * NS_PER_MS));
