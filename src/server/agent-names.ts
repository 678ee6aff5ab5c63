/** Names in the calls of client agents to servers. */
export const AGENT_METHODS = {
  register: "agent.register",
  deregister: "agent.deregister",
  forget: "agent.forgetDeregistered",
  nodeView: "agent.nodeView",
  coordinate: "agent.coordinate",
  owners: "dns.owners",
} as const;

/** Query of the gossip pool that asks an agent to compare itself with the catalog; it has no payload and no answer. */
export const COMPARE_QUERY = "muster:compare";
