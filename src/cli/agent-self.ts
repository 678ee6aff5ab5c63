import { type ApiContext, orFail } from "./context.ts";

/** The parts of `/v1/agent/self` that commands read. */
export interface AgentSelf {
  readonly Config: { readonly Datacenter: string; readonly NodeName: string; readonly Version: string };
  readonly Stats?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Asks the agent about itself. Some commands do so first, so that an agent that can't be reached or a token that is
 * refused shows before they change anything.
 */
export async function readSelf(context: ApiContext, prefix = "Error querying Consul agent"): Promise<AgentSelf> {
  return await orFail(prefix, context.api.get<AgentSelf>("/v1/agent/self"));
}
