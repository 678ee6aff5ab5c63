import type { PoolMember } from "../gossip/types.ts";
import { formatHostPort } from "../lib/host-port.ts";
import { parseServer, type ServerTags } from "../model/member-tags.ts";
import type { Configuration } from "../raft/configuration.ts";
import type { Hello, Peer } from "../rpc/types.ts";

/**
 * A server that is in no gossip pool and was not heard for this long has failed. Servers say something every second at least, so some are lost
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
  /** As the gossip pool says; for who is not in it, whether it was heard lately. */
  isAlive: boolean;
  /** It went from the pool on purpose, or was made to (`force-leave`). */
  hasLeft: boolean;
  /** For how long its connection said nothing; 0 for this server. */
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
  /** The gossip pool of this datacenter, clients too; empty before it is open. */
  pool: readonly PoolMember[];
  configuration: Configuration;
  /** Name of a node that the catalog knows by its id. */
  nameOf: (nodeId: string) => string | undefined;
  nowMs: number;
  /** Since when this server listens, on the same clock: who was never heard counts from then. */
  sinceMs: number;
}

/**
 * All servers of this one's cluster and those about to join it, this one first, then by name: those that say so and those
 * that the configuration names. Who is in no configuration is a member as long as it is connected, or alive in the pool.
 */
export function membersOf(view: MembersView): Member[] {
  const { self, peers, pool, configuration, nowMs, sinceMs, nameOf } = view;
  const gossip = gossipServers(pool, self.datacenter);
  const configured = new Set(configuration.servers.map(({ id }) => id));
  const heard = peers
    .filter(({ hello }) => hello.nodeId !== self.nodeId && hello.datacenter === self.datacenter)
    .map(({ hello, isConnected, heardMs }) => memberOf(hello, isConnected, nowMs - heardMs, gossip.get(hello.nodeId)))
    .filter(({ isConnected, nodeId }) => isConnected || configured.has(nodeId) || gossip.get(nodeId)?.isAlive);
  const known = new Set([self.nodeId, ...heard.map(({ nodeId }) => nodeId)]);
  const silentMs = nowMs - sinceMs;
  const unheard = configuration.servers
    .filter(({ id }) => !known.has(id))
    .map(({ id, address }) => unheardMember(self, id, address, silentMs, gossip.get(id), nameOf(id)));
  for (const { id } of configuration.servers) known.add(id);
  const met = [...gossip]
    .filter(([id, { isAlive }]) => isAlive && !known.has(id))
    .map(([id, server]) => ({ ...unheardMember(self, id, server.address, silentMs, server), clusterId: "" }));
  return [memberOf(self, true, 0), ...[...heard, ...unheard, ...met].sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/** A server as the gossip pool shows it. */
interface GossipServer {
  name: string;
  address: string;
  isAlive: boolean;
  hasLeft: boolean;
  tags: ServerTags;
}

/** Whether the pool holds a member for being there: one that says that it goes still answers. */
export const isThere = ({ status }: Pick<PoolMember, "status">): boolean => status === "alive" || status === "leaving";

/** By node id. A server that was renamed is there under its new name, and failed or left under the old one. */
function gossipServers(pool: readonly PoolMember[], datacenter: string): Map<string, GossipServer> {
  const servers = new Map<string, GossipServer>();
  for (const member of pool) {
    const tags = parseServer(member.tags);
    if (!tags?.isMuster || tags.nodeId === "" || tags.datacenter !== datacenter || member.status === "none") continue;
    if (servers.get(tags.nodeId)?.isAlive) continue;
    const address = formatHostPort(member.at.address, tags.port);
    const hasLeft = member.status === "left";
    servers.set(tags.nodeId, { name: member.name, address, isAlive: isThere(member), hasLeft, tags });
  }
  return servers;
}

/** Without those that another one, which is alive, has taken the name of. */
export function visibleMembers(members: readonly Member[]): Member[] {
  const taken = new Set(members.filter(({ isAlive }) => isAlive).map(({ name }) => name.toLowerCase()));
  return members.filter(({ isAlive, name }) => isAlive || !taken.has(name.toLowerCase()));
}

/** Consul's word for a server whose name nobody knows. */
export const UNKNOWN_NAME = "(unknown)";

function memberOf(hello: Hello, isConnected: boolean, silentMs: number, gossip?: GossipServer): Member {
  const { nodeId, nodeName, address, datacenter, clusterId, expect, mayVote, version, taggedAddresses, nodeMeta } =
    hello;
  return {
    ...{ nodeId, name: nodeName, address, datacenter, clusterId, isConnected, silentMs },
    isAlive: gossip?.isAlive ?? silentMs <= FAILED_AFTER_MS,
    hasLeft: gossip?.hasLeft ?? false,
    ...{ expect, mayVote, version, taggedAddresses, nodeMeta },
  };
}

/** One that has never said anything over a connection: what is known of it is in the configuration and in the pool. */
function unheardMember(
  self: Hello,
  nodeId: string,
  address: string,
  silentMs: number,
  gossip: GossipServer | undefined,
  nameInCatalog?: string,
): Member {
  const nodeName = gossip?.name ?? nameInCatalog ?? UNKNOWN_NAME;
  const { expect = 0, mayVote = true } = gossip?.tags ?? {};
  const hello = { ...self, nodeId, nodeName, address, expect, mayVote };
  return memberOf({ ...hello, version: "", taggedAddresses: {}, nodeMeta: {} }, false, silentMs, gossip);
}
