import type { PoolMember } from "../gossip/types.ts";
import { formatHostPort } from "../lib/host-port.ts";
import { isAgent } from "../model/member-tags.ts";
import { isThere } from "./members.ts";

/**
 * Who was never seen by this server, and is not seen for this long while it leads and gossips, has failed. By then all
 * members have found each other after a restart of everything, even those that look for others every half minute.
 */
export const UNSEEN_FAILED_AFTER_MS = 60_000;

/** A node of the catalog. Keys are folded. */
export interface CatalogNode {
  nameKey: string;
  /** "" without an id. */
  idKey: string;
  /** Status of the check of its membership; undefined when it has none: no agent was ever seen behind it. */
  health: string | undefined;
}

export interface NodeDutiesView {
  selfId: string;
  datacenter: string;
  /** All of the pool of this datacenter, sorted by name. */
  members: readonly PoolMember[];
  catalog: readonly CatalogNode[];
  /** Node ids of those that the duties about servers look after. */
  servers: ReadonlySet<string>;
  /** Folded names of members that this server saw taken off the pool's list. */
  reaped: ReadonlySet<string>;
  /** For how long this server has led, with its pool open. */
  leadingMs: number;
  /** For how long its pool has been open. */
  upMs: number;
  /** After this a failed member is forgotten. */
  reconnectTimeoutMs: number;
}

export type NodeDuty =
  /** `isKnown`: the catalog's node has this id already. `replaces`: the name's former node goes with all it had. */
  | { kind: "register"; member: PoolMember; isKnown: boolean; replaces: boolean }
  | { kind: "fail"; nameKey: string }
  | { kind: "deregister"; nameKey: string; why: string }
  | { kind: "conflict"; text: string }
  | { kind: "stranger"; name: string; role: string };

/** A member that is an agent of this datacenter. */
interface Agent {
  member: PoolMember;
  nameKey: string;
  idKey: string;
  isThere: boolean;
}

/**
 * What the leader has to do so that the catalog's nodes follow the pool's members (Consul's rules, but who was never seen
 * is critical for as long as a failed member is kept; Consul's new leader removes it). Pure.
 */
export function nodeDuties(view: NodeDutiesView): NodeDuty[] {
  const { members, datacenter, selfId } = view;
  const agents: Agent[] = [];
  const strangers: NodeDuty[] = [];
  for (const member of members) {
    const { name, tags } = member;
    if (isAgent(tags)) {
      if (tags.dc !== datacenter) continue;
      const idKey = (tags.id ?? "").toLowerCase();
      agents.push({ member, nameKey: nameKeyOf(member), idKey, isThere: isThere(member) });
    } else if (isThere(member)) strangers.push({ kind: "stranger", name, role: tags.role ?? "" });
  }
  // Otherwise this server's own pool is not open, or it has left: it sees nobody and knows nothing.
  if (!agents.some((agent) => agent.isThere && agent.idKey === selfId.toLowerCase())) return [];
  const living = livingDuties(agents, view);
  // Health first: sessions and answers hang on it.
  return [...goneDuties(agents, living.ids, view), ...unlistedDuties(living.ids, view), ...living.duties, ...strangers];
}

/** Each name and each id is one agent's: the one's that the catalog has, else the first one's. */
function livingDuties(agents: readonly Agent[], { catalog, servers }: NodeDutiesView) {
  const byName = new Map(catalog.map((node) => [node.nameKey, node]));
  const shown: Agent[] = [];
  const others: Agent[] = [];
  for (const agent of agents) {
    if (agent.isThere) (byName.get(agent.nameKey)?.idKey === agent.idKey ? shown : others).push(agent);
  }
  const names = new Map<string, Agent>();
  const ids = new Map<string, Agent>();
  const duties: NodeDuty[] = [];
  for (const agent of [...shown, ...others]) {
    const { member, nameKey, idKey } = agent;
    const rival = names.get(nameKey) ?? (idKey === "" ? undefined : ids.get(idKey));
    if (rival !== undefined) {
      duties.push({ kind: "conflict", text: conflictText(agent, rival) });
      continue;
    }
    names.set(nameKey, agent);
    if (idKey !== "") ids.set(idKey, agent);
    if (servers.has(idKey)) continue;
    const node = byName.get(nameKey);
    const isKnown = node !== undefined && (node.idKey === idKey || idKey === "");
    if (isKnown && node.health === "passing") continue;
    // It goes, and whoever leaves in order is out of the catalog already.
    if (!isKnown && member.status === "leaving") continue;
    duties.push({ kind: "register", member, isKnown, replaces: !isKnown && (node?.idKey ?? "") !== "" });
  }
  return { duties, ids };
}

/** Failed and left agents, unless their name lives again. A failed one that the catalog doesn't know stays unknown. */
function goneDuties(
  agents: readonly Agent[],
  living: ReadonlyMap<string, Agent>,
  { catalog, servers }: NodeDutiesView,
): NodeDuty[] {
  const byName = new Map<string, Agent>();
  for (const agent of agents) {
    const before = byName.get(agent.nameKey);
    if (before === undefined || before.member.status === "left" || agent.isThere) byName.set(agent.nameKey, agent);
  }
  const duties: NodeDuty[] = [];
  for (const { nameKey, idKey, health } of catalog) {
    const agent = byName.get(nameKey);
    // What lives under another name takes the node along when it is registered.
    if (agent === undefined || agent.isThere || servers.has(idKey) || living.has(idKey)) continue;
    const isOwn = health !== undefined || idKey === agent.idKey;
    if (agent.member.status === "left" && isOwn) duties.push({ kind: "deregister", nameKey, why: "it left" });
    if (agent.member.status === "failed" && health !== "critical") duties.push({ kind: "fail", nameKey });
  }
  return duties;
}

/** Nodes that have been members, and that the pool doesn't list. */
function unlistedDuties(living: ReadonlyMap<string, Agent>, view: NodeDutiesView): NodeDuty[] {
  const { members, catalog, servers, reaped, leadingMs, upMs, reconnectTimeoutMs } = view;
  const listed = new Set(members.map(nameKeyOf));
  const isOver = upMs >= Math.max(reconnectTimeoutMs, UNSEEN_FAILED_AFTER_MS);
  const duties: NodeDuty[] = [];
  for (const { nameKey, idKey, health } of catalog) {
    if (health === undefined || listed.has(nameKey) || servers.has(idKey) || living.has(idKey)) continue;
    if (reaped.has(nameKey)) {
      duties.push({ kind: "deregister", nameKey, why: "it was gone for the reconnect timeout, or pruned" });
    } else if (leadingMs >= UNSEEN_FAILED_AFTER_MS) {
      if (isOver) duties.push({ kind: "deregister", nameKey, why: "it was not seen for the reconnect timeout" });
      else if (health !== "critical") duties.push({ kind: "fail", nameKey });
    }
  }
  return duties;
}

function conflictText(agent: Agent, rival: Agent): string {
  const hasName = agent.nameKey === rival.nameKey;
  const mend = hasName ? "another node_name" : "another node_id (an empty data directory draws one)";
  return `${described(agent)} has the ${hasName ? "node name" : "node id"} of ${described(rival)}, and both are alive: \
the catalog shows the second one only; give the first ${mend}, or stop the second one and run \`muster force-leave \
${rival.member.name}\``;
}

const described = ({ member: { name, at, tags } }: Agent) =>
  `${name} (${formatHostPort(at.address, at.port)}, id ${tags.id || "none"})`;

export const nameKeyOf = ({ name }: PoolMember): string => name.toLowerCase();
