import type { Endpoint } from "../gossip/messages.ts";
import type { PoolMember } from "../gossip/types.ts";
import { parseServer, type ServerTags } from "../model/member-tags.ts";
import { joinHostPort } from "../platform/go-net-error.ts";

/** A server that can be called, as a gossip pool knows it. */
export interface PoolServer {
  readonly nodeId: string;
  /** Its name in the pool; in that of all datacenters with the datacenter behind. */
  readonly name: string;
  readonly datacenter: string;
  /** `host:port` of its server port. */
  readonly address: string;
}

/** The servers that are there and speak this program's protocol; those that are about to leave are not asked any more. */
export function serversOf(members: readonly PoolMember[]): PoolServer[] {
  return aliveServers(members).map(([{ name, at }, { nodeId, datacenter, port }]) => ({
    ...{ nodeId, name, datacenter },
    address: joinHostPort(at.address, port),
  }));
}

/** Datacenters whose servers that are there are all of another program; they can be seen, and not be asked. */
export function foreignDatacenters(members: readonly PoolMember[]): string[] {
  const all = members.flatMap(({ status, tags }) => (status === "alive" ? (parseServer(tags) ?? []) : []));
  const byDatacenter = Map.groupBy(all, ({ datacenter }) => datacenter);
  return [...byDatacenter].flatMap(([name, servers]) => (servers.some(({ isMuster }) => isMuster) ? [] : [name]));
}

/** Datacenters with a server that is there or has failed; those whose servers have all left are no more. */
export function datacentersOf(members: readonly PoolMember[]): Set<string> {
  const staying = members.filter(({ status }) => status !== "left" && status !== "none");
  return new Set(staying.flatMap(({ tags }) => parseServer(tags)?.datacenter ?? []));
}

/** Where servers of the own datacenter can be joined in the pool of all datacenters, if they are not in it yet. */
export function missingInWan(lan: readonly PoolMember[], wan: readonly PoolMember[]): Endpoint[] {
  const present = new Set(wan.filter(({ status }) => status === "alive").map(({ name }) => name.toLowerCase()));
  return aliveServers(lan)
    .filter(([{ name }, { datacenter, wanPort }]) => wanPort > 0 && !present.has(`${name}.${datacenter}`.toLowerCase()))
    .map(([{ at }, { wanPort }]) => ({ address: at.address, port: wanPort }));
}

function aliveServers(members: readonly PoolMember[]): (readonly [PoolMember, ServerTags])[] {
  return members.flatMap((member) => {
    const tags = member.status === "alive" ? parseServer(member.tags) : undefined;
    return tags?.isMuster ? [[member, tags] as const] : [];
  });
}
