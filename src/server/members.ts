import type { Configuration } from "../raft/configuration.ts";
import type { Hello, Peer } from "../rpc/types.ts";

/**
 * A server that was not heard for this long has failed. Servers say something every second at least, so some are lost
 * first; a process that restarts is back sooner and is not noticed; and real failures show as fast as in a small pool of
 * Consul (a probe each second, then four seconds of suspicion).
 */
export const FAILED_AFTER_MS = 6000;

/** A server as this one sees it. */
export interface Member {
  nodeId: string;
  name: string;
  /** `host:port` of its server port. */
  address: string;
  datacenter: string;
  /** "" while it belongs to no cluster. */
  clusterId: string;
  isConnected: boolean;
  /** Heard lately. */
  isAlive: boolean;
  /** For how long it wasn't heard; 0 for this server. */
  silentMs: number;
  expect: number;
  mayVote: boolean;
  /** Of its executable; "" when it was never heard, and what follows is not known then either. */
  version: string;
  taggedAddresses: Readonly<Record<string, string>>;
  nodeMeta: Readonly<Record<string, string>>;
}

export interface MembersView {
  self: Hello;
  peers: readonly Peer[];
  configuration: Configuration;
  /** Name of a node that the catalog knows by its id. */
  nameOf: (nodeId: string) => string | undefined;
  nowMs: number;
  /** Since when this server listens, on the same clock: who was never heard counts from then. */
  sinceMs: number;
}

/**
 * All servers of this one's cluster and those about to join it, this one first, then by name: those that say so and those
 * that the configuration names. Who is in no configuration is a member as long as it is connected.
 */
export function membersOf(view: MembersView): Member[] {
  const { self, peers, configuration, nowMs, sinceMs, nameOf } = view;
  const configured = new Set(configuration.servers.map(({ id }) => id));
  const heard = peers
    .filter(({ hello }) => hello.nodeId !== self.nodeId && hello.datacenter === self.datacenter)
    .map(({ hello, isConnected, heardMs }) => memberOf(hello, isConnected, nowMs - heardMs))
    .filter(({ isConnected, nodeId }) => isConnected || configured.has(nodeId));
  const known = new Set([self.nodeId, ...heard.map(({ nodeId }) => nodeId)]);
  const unheard = configuration.servers
    .filter(({ id }) => !known.has(id))
    .map(({ id, address }) => {
      const hello = { ...self, nodeId: id, nodeName: nameOf(id) ?? UNKNOWN_NAME, address, version: "" };
      return memberOf(
        { ...hello, expect: 0, mayVote: true, taggedAddresses: {}, nodeMeta: {} },
        false,
        nowMs - sinceMs,
      );
    });
  return [memberOf(self, true, 0), ...[...heard, ...unheard].sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/** Without those that another one, which is alive, has taken the name of. */
export function visibleMembers(members: readonly Member[]): Member[] {
  const taken = new Set(members.filter(({ isAlive }) => isAlive).map(({ name }) => name.toLowerCase()));
  return members.filter(({ isAlive, name }) => isAlive || !taken.has(name.toLowerCase()));
}

/** Consul's word for a server whose name nobody knows. */
export const UNKNOWN_NAME = "(unknown)";

function memberOf(hello: Hello, isConnected: boolean, silentMs: number): Member {
  const { nodeId, nodeName, address, datacenter, clusterId, expect, mayVote, version, taggedAddresses, nodeMeta } =
    hello;
  return {
    ...{ nodeId, name: nodeName, address, datacenter, clusterId, isConnected, silentMs },
    isAlive: silentMs <= FAILED_AFTER_MS,
    ...{ expect, mayVote, version, taggedAddresses, nodeMeta },
  };
}
