import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { MAINT_FLAGS } from "./table/agent.ts";

type Parsed = ParsedFlags<typeof MAINT_FLAGS>;

interface AgentCheck {
  readonly CheckID: string;
  readonly ServiceID: string;
  readonly Notes: string;
}

const NODE_CHECK = "_node_maintenance";
const SERVICE_CHECK = "_service_maintenance";

/** `maint`: begins or ends maintenance of the node or of one service; without an order, shows what is maintained. */
export async function run(context: CommandContext, { values }: Parsed): Promise<number> {
  if (values.enable && values.disable) throw new CommandFailure("Only one of -enable or -disable may be provided");
  if (!values.enable && values.reason !== "") throw new CommandFailure("Reason may only be provided with -enable");
  if (!values.enable && !values.disable && values.service !== "")
    throw new CommandFailure("Service requires either -enable or -disable");
  if (!values.enable && !values.disable) return await show(context, values.format);
  const query = { enable: String(values.enable), reason: values.enable ? values.reason : undefined };
  const what = values.service === "" ? "node" : "service";
  const path = values.service === "" ? "/v1/agent/maintenance" : `/v1/agent/service/maintenance/${values.service}`;
  const doing = values.enable ? "enabling" : "disabling";
  await orFail(`Error ${doing} ${what} maintenance`, context.api.put(path, { query }));
  const state = values.enable ? "enabled" : "disabled";
  if (what === "node") context.print(`Node maintenance is now ${state}`);
  else context.print(`Service maintenance is now ${state} for ${JSON.stringify(values.service)}`);
  return 0;
}

async function show(context: CommandContext, format: string): Promise<number> {
  const { Config } = await readSelf(context);
  const work = context.api.get<Record<string, AgentCheck>>("/v1/agent/checks");
  const checks = Object.values(await orFail("Error querying Consul agent", work));
  const node = checks.find((check) => check.CheckID === NODE_CHECK);
  const services = checks.filter((check) => check.CheckID.startsWith(SERVICE_CHECK));
  services.sort((a, b) => (a.ServiceID < b.ServiceID ? -1 : 1));
  if (format === "json") {
    const document = {
      Node: node === undefined ? null : { Name: Config.NodeName, Reason: node.Notes },
      Services: services.map(({ ServiceID, Notes }) => ({ ID: ServiceID, Reason: Notes })),
    };
    context.out.write(encodeGoJson(document, true));
    return 0;
  }
  if (node !== undefined) context.print(`Node:\n  Name:   ${Config.NodeName}\n  Reason: ${node.Notes}\n`);
  for (const { ServiceID, Notes } of services) context.print(`Service:\n  ID:     ${ServiceID}\n  Reason: ${Notes}\n`);
  return 0;
}
