import type { Config } from "../config/config.ts";
import { VERSION } from "../lib/version.ts";
import type { Hello, KnownServer } from "../rpc/types.ts";
import { STATE_SCHEMA } from "../state/commands.ts";
import { mayVote, serverAddress } from "./server-settings.ts";

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
