import type { Config } from "../config/config.ts";
import { VERSION } from "../lib/version.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import type { Hello, KnownServer } from "../rpc/types.ts";
import { STATE_SCHEMA } from "../state/commands.ts";

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

/** What this server tells the others of itself. */
export function ownHello(
  config: Config,
  own: { nodeId: string; clusterId: string; expect: number; known: readonly KnownServer[] },
): Omit<Hello, "protocol"> {
  return {
    nodeId: own.nodeId,
    nodeName: config.nodeName,
    datacenter: config.datacenter,
    clusterId: own.clusterId,
    address: serverAddress(config),
    expect: own.expect,
    mayVote: mayVote(config),
    version: VERSION,
    stateFormat: STATE_SCHEMA.length,
    known: own.known,
    taggedAddresses: config.taggedAddresses,
    nodeMeta: { ...config.nodeMeta, "consul-network-segment": "" },
  };
}
