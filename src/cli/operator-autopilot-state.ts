import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { AutopilotServer, AutopilotState } from "../model/autopilot.ts";
import { type CommandContext, orFail } from "./context.ts";
import type { PRINT_FLAGS } from "./table/operator.ts";

/** `operator autopilot state`, in the lines of Consul 1.9. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof PRINT_FLAGS>): Promise<number> {
  const state = await orFail(
    "Error getting Autopilot state",
    context.api.get<AutopilotState>("/v1/operator/autopilot/state"),
  );
  if (values.format === "json") context.out.write(encodeGoJson(state, true));
  else for (const line of lines(state)) context.print(line);
  return 0;
}

function lines(state: AutopilotState): string[] {
  const replicas = state.ReadReplicas ?? [];
  return [
    `Healthy:                      ${state.Healthy}`,
    `Failure Tolerance:            ${state.FailureTolerance}`,
    `Optimistic Failure Tolerance: ${state.OptimisticFailureTolerance}`,
    `Leader:                       ${state.Leader}`,
    "Voters:",
    ...state.Voters.map((id) => `   ${id}`),
    ...(replicas.length === 0 ? [] : ["Read Replicas:", ...replicas.map((id) => `   ${id}`)]),
    "Servers:",
    ...Object.keys(state.Servers)
      .sort()
      .flatMap((id) => serverLines(state.Servers[id] as AutopilotServer)),
  ];
}

function serverLines(server: AutopilotServer): string[] {
  const meta = Object.entries(server.Meta).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `   ${server.ID}`,
    `      Name:            ${server.Name}`,
    `      Address:         ${server.Address}`,
    `      Version:         ${server.Version}`,
    `      Status:          ${server.Status}`,
    `      Node Type:       ${server.NodeType}`,
    `      Node Status:     ${server.NodeStatus}`,
    `      Healthy:         ${server.Healthy}`,
    `      Last Contact:    ${server.LastContact}`,
    `      Last Term:       ${server.LastTerm}`,
    `      Last Index:      ${server.LastIndex}`,
    ...(server.ReadReplica ? ["      Read Replica:    true"] : []),
    ...(meta.length === 0 ? [] : ["      Meta"]),
    ...meta.map(([name, value]) => `         ${JSON.stringify(name)}: ${JSON.stringify(value)}`),
  ];
}
