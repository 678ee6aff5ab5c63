import type { HealthCheck } from "./check.ts";
import type { NodeService } from "./service.ts";

/** A service or a check as it was in the catalog. */
export type DeregisteredItem = { Kind: "service"; Was: NodeService } | { Kind: "check"; Was: HealthCheck };

/**
 * A service or check of an agent that somebody deregistered in the catalog on purpose. It stays as a message to the agent
 * that has it, which would otherwise register it again.
 */
export type Deregistered = DeregisteredItem & {
  /** The node's name then. */
  Node: string;
  /** Of the deregistration. */
  Index: number;
  /** In milliseconds since 1970, by the leader's clock. */
  AtMs: number;
};

/** Status of the Refusal that an agent meets when it registers what is deregistered on purpose. */
export const DEREGISTERED_STATUS = 410;

export function idOfDeregistered(item: DeregisteredItem): string {
  return item.Kind === "service" ? item.Was.ID : item.Was.CheckID;
}
