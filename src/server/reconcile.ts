import type { Configuration, Server } from "../raft/configuration.ts";
import type { Change } from "../raft/core/types.ts";
import { FAILED_AFTER_MS, type Member } from "./members.ts";
import { CONSUL_SERVICE_ID } from "./self.ts";

/** A node that the catalog shows as a server: it has the service `consul`. */
export interface CatalogServer {
  id: string;
  name: string;
}

export interface ReconcileView {
  /** Of `membersOf`; the first one is this server, the leader. */
  members: readonly Member[];
  configuration: Configuration;
  inCatalog: readonly CatalogServer[];
  /** The catalog already says that this member is there and healthy. */
  isRegistered: (member: Member) => boolean;
  /** The catalog already says that it failed, or knows no such node. */
  isFailed: (member: Member) => boolean;
  /** Taken out by hand and still running: they come back only after a restart. */
  removed: ReadonlySet<string>;
  /** Node ids of members of the gossip pool that are there as clients, and may have been servers before. */
  clients: ReadonlySet<string>;
  /** For how long this server has led. */
  leadingMs: number;
}

export type Duty =
  | { kind: "change"; change: Change; why: string }
  | { kind: "register"; member: Member }
  | { kind: "fail"; member: Member }
  /** Of a node that is no server any more its service only. */
  | { kind: "deregister"; node: string; service?: string }
  | { kind: "conflict"; text: string };

/**
 * What the leader has to do so that the configuration and the catalog say who the servers are. Pure; at most one change
 * of the configuration, since the next one must see what became of it.
 */
export function reconcile(view: ReconcileView): Duty[] {
  return [...membership(view), ...registrations(view), ...departures(view)];
}

function membership({ members, configuration, removed }: ReconcileView): Duty[] {
  const conflicts: Duty[] = [];
  const clusterId = members[0]?.clusterId;
  const byId = new Map(configuration.servers.map((server) => [server.id, server]));
  for (const member of members) {
    if (!member.isConnected || member.clusterId !== clusterId) continue;
    const { nodeId: id, address, name } = member;
    const known = byId.get(id);
    if (known?.address === address) continue;
    const add: Change = { kind: "add", server: { id, address } };
    if (known !== undefined) {
      return [...conflicts, { kind: "change", change: add, why: `moved from ${known.address} to ${address}` }];
    }
    if (removed.has(id)) continue;
    const rival = rivalOf(member, members, configuration);
    if (rival === undefined) return [...conflicts, { kind: "change", change: add, why: "new server" }];
    if (!rival.isAlive) {
      const change: Change = { kind: "remove", serverId: rival.server.id };
      return [...conflicts, { kind: "change", change, why: `its name or address is that of the new server ${id}` }];
    }
    const other = `${rival.server.id} (${rival.server.address})`;
    const text = `server ${id} (${address}) can't join: its node name ${name} or its address is that of ${other}, which \
is alive; give it another node_name and address, or stop the other one`;
    conflicts.push({ kind: "conflict", text });
  }
  return [...conflicts, ...departed(members, byId)];
}

/** One that left, or was made to, is not waited for: it takes part again when it comes back as a new one. */
function departed(members: readonly Member[], configured: ReadonlyMap<string, Server>): Duty[] {
  const left = members.find(({ nodeId, hasLeft, isConnected }) => hasLeft && !isConnected && configured.has(nodeId));
  if (left === undefined) return [];
  return [{ kind: "change", change: { kind: "remove", serverId: left.nodeId }, why: "it left the pool" }];
}

/** Another server of the configuration with the name or address of `member`. */
function rivalOf(
  { nodeId, name, address }: Member,
  members: readonly Member[],
  { servers }: Configuration,
): { server: Server; isAlive: boolean } | undefined {
  for (const server of servers) {
    if (server.id === nodeId) continue;
    const other = members.find((each) => each.nodeId === server.id);
    const hasAddress = server.address === address;
    if (!hasAddress && other?.name.toLowerCase() !== name.toLowerCase()) continue;
    // Where another one answers now, it is not any more.
    return { server, isAlive: other?.isConnected === true || (other?.isAlive === true && !hasAddress) };
  }
  return undefined;
}

/** Servers of the configuration are in the catalog, with their health. */
function registrations({ members, configuration, isRegistered, isFailed }: ReconcileView): Duty[] {
  const configured = new Set(configuration.servers.map(({ id }) => id));
  const owners = new Map<string, Member>();
  const duties: Duty[] = [];
  for (const member of members.filter(({ nodeId, isAlive }) => isAlive && configured.has(nodeId))) {
    const name = member.name.toLowerCase();
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, member);
    else duties.push({ kind: "conflict", text: sameName(member, owner) });
    const isKnown = owner !== undefined || member.version === "" || isRegistered(member);
    if (!isKnown) duties.push({ kind: "register", member });
  }
  for (const member of members.filter(({ nodeId, isAlive }) => !isAlive && configured.has(nodeId))) {
    if (!isFailed(member)) duties.push({ kind: "fail", member });
  }
  return duties;
}

/** They came together, so neither could be refused; the catalog has room for one. */
function sameName(member: Member, owner: Member): string {
  return `servers ${owner.nodeId} (${owner.address}) and ${member.nodeId} (${member.address}) have the same node name, \
${member.name}: the catalog shows the first one only; give the other one another node_name`;
}

/** Who is in no configuration any more and gone; a new leader first gives all of them time to be heard. */
function departures({ members, configuration, inCatalog, clients, leadingMs }: ReconcileView): Duty[] {
  if (leadingMs <= FAILED_AFTER_MS) return [];
  const stays = new Set([
    ...configuration.servers.map(({ id }) => id),
    ...members.filter(({ isAlive }) => isAlive).map(({ nodeId }) => nodeId),
  ]);
  return inCatalog
    .filter(({ id }) => !stays.has(id))
    .map(({ id, name: node }) =>
      clients.has(id) ? { kind: "deregister", node, service: CONSUL_SERVICE_ID } : { kind: "deregister", node },
    );
}
