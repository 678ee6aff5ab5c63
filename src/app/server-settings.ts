import type { Config } from "../config/config.ts";
import { joinHostPort } from "../platform/go-net-error.ts";

/** Where the other servers reach this one. */
export function serverAddress({ advertiseAddr, ports }: Pick<Config, "advertiseAddr" | "ports">): string {
  return joinHostPort(advertiseAddr, ports.server);
}

/** How many servers this one waits for before it makes a cluster; 0 for one that only joins. */
export function expectOf({ bootstrap, bootstrapExpect }: Pick<Config, "bootstrap" | "bootstrapExpect">): number {
  return bootstrap ? 1 : bootstrapExpect;
}

/** Whether the others may make this server a voter. */
export function mayVote(config: Pick<Config, "nonVotingServer" | "readReplica" | "nonVotingMember">): boolean {
  return !(config.nonVotingServer || config.readReplica || config.nonVotingMember);
}
