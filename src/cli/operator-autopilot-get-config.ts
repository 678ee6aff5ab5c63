import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { CommandContext } from "./context.ts";
import { type PrintedAutopilotConfiguration, readAutopilotConfiguration } from "./operator-autopilot-config.ts";
import type { PRINT_FLAGS } from "./table/operator.ts";

/** `operator autopilot get-config`. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof PRINT_FLAGS>): Promise<number> {
  const configuration = await readAutopilotConfiguration(context);
  if (values.format === "json") context.out.write(encodeGoJson(configuration, true));
  else for (const line of lines(configuration)) context.print(line);
  return 0;
}

function lines(configuration: PrintedAutopilotConfiguration): string[] {
  return [
    `CleanupDeadServers = ${configuration.CleanupDeadServers}`,
    `LastContactThreshold = ${configuration.LastContactThreshold}`,
    `MaxTrailingLogs = ${configuration.MaxTrailingLogs}`,
    `MinQuorum = ${configuration.MinQuorum}`,
    `ServerStabilizationTime = ${configuration.ServerStabilizationTime}`,
    `RedundancyZoneTag = ${JSON.stringify(configuration.RedundancyZoneTag)}`,
    `DisableUpgradeMigration = ${configuration.DisableUpgradeMigration}`,
    `UpgradeVersionTag = ${JSON.stringify(configuration.UpgradeVersionTag)}`,
  ];
}
