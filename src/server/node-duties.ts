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

/**
 * What the leader has to do so that the catalog's nodes follow the pool's members (Consul's rules, but who was never seen
 * is critical for as long as a failed member is kept; Consul's new leader removes it). Pure.
 */
export function nodeDuties(view: NodeDutiesView): NodeDuty[] {
  const { members, selfId } = view;
  // This server's own pool is not open, or it has left: it sees nobody and knows nothing.
  if (!members.some((member) => isThere(member) && idKeyOf(member) === selfId.toLowerCase())) return [];
  const agents = members.filter(({ tags }) => isAgent(tags) && tags.dc === view.datacenter);
  const living = livingDuties(agents, view);
  // Health first: sessions and answers hang on it.
  return [
    ...goneDuties(agents, living.ids, view),
    ...unlistedDuties(living.ids, view),
    ...living.duties,
    ...strangers(view),
  ];
}

/** Each name and each id is one member's: his whom the catalog has, else the first one's. */
function livingDuties(agents: readonly PoolMember[], { catalog, servers }: NodeDutiesView) {
  const byName = new Map(catalog.map((node) => [node.nameKey, node]));
  const living = agents.filter(isThere);
  const isInCatalog = (member: PoolMember) => byName.get(nameKeyOf(member))?.idKey === idKeyOf(member);
  const names = new Map<string, PoolMember>();
  const ids = new Map<string, PoolMember>();
  const duties: NodeDuty[] = [];
  for (const member of [...living.filter(isInCatalog), ...living.filter((each) => !isInCatalog(each))]) {
    const [nameKey, idKey] = [nameKeyOf(member), idKeyOf(member)];
    const rival = names.get(nameKey) ?? (idKey === "" ? undefined : ids.get(idKey));
    if (rival !== undefined) {
      duties.push({ kind: "conflict", text: conflictText(member, rival) });
      continue;
    }
    names.set(nameKey, member);
    if (idKey !== "") ids.set(idKey, member);
    if (servers.has(idKey)) continue;
    const node = byName.get(nameKey);
    const isKnown = node !== undefined && (node.idKey === idKey || idKey === "");
    if (isKnown && node.health === "passing") continue;
    duties.push({ kind: "register", member, isKnown, replaces: !isKnown && (node?.idKey ?? "") !== "" });
  }
  return { duties, ids };
}

/** Failed and left members, unless their name lives again. A failed one that the catalog doesn't know stays unknown. */
function goneDuties(
  agents: readonly PoolMember[],
  living: ReadonlyMap<string, PoolMember>,
  { catalog, servers }: NodeDutiesView,
): NodeDuty[] {
  const gone = new Map<string, PoolMember>();
  for (const member of agents) {
    const before = gone.get(nameKeyOf(member));
    if (before === undefined || before.status === "left" || isThere(member)) gone.set(nameKeyOf(member), member);
  }
  return catalog.flatMap(({ nameKey, idKey, health }): NodeDuty[] => {
    const member = gone.get(nameKey);
    // What lives under another name takes the node along when it is registered.
    if (member === undefined || isThere(member) || servers.has(idKey) || living.has(idKey)) return [];
    if (member.status === "failed") return health === "critical" ? [] : [{ kind: "fail", nameKey }];
    if (member.status !== "left" || (health === undefined && idKey !== idKeyOf(member))) return [];
    return [{ kind: "deregister", nameKey, why: "it left" }];
  });
}

/** Nodes that have been members, and that the pool doesn't list. */
function unlistedDuties(living: ReadonlyMap<string, PoolMember>, view: NodeDutiesView): NodeDuty[] {
  const { members, catalog, servers, reaped, leadingMs, upMs, reconnectTimeoutMs } = view;
  const listed = new Set(members.map(nameKeyOf));
  return catalog.flatMap(({ nameKey, idKey, health }): NodeDuty[] => {
    if (health === undefined || listed.has(nameKey) || servers.has(idKey) || living.has(idKey)) return [];
    if (reaped.has(nameKey)) return [{ kind: "deregister", nameKey, why: "it was gone for the reconnect timeout" }];
    if (leadingMs < UNSEEN_FAILED_AFTER_MS) return [];
    if (upMs >= Math.max(reconnectTimeoutMs, UNSEEN_FAILED_AFTER_MS)) {
      return [{ kind: "deregister", nameKey, why: "it was not seen for the reconnect timeout" }];
    }
    return health === "critical" ? [] : [{ kind: "fail", nameKey }];
  });
}

function strangers({ members }: NodeDutiesView): NodeDuty[] {
  return members
    .filter((member) => isThere(member) && !isAgent(member.tags))
    .map(({ name, tags }) => ({ kind: "stranger", name, role: tags.role ?? "" }));
}

function conflictText(member: PoolMember, rival: PoolMember): string {
  const hasName = nameKeyOf(member) === nameKeyOf(rival);
  const mend = hasName ? "another node_name" : "another node_id (an empty data directory draws one)";
  return `${described(member)} has the ${hasName ? "node name" : "node id"} of ${described(rival)}, and both are alive: \
the catalog shows the second one only; give the first ${mend}, or stop the second one and run \`muster force-leave ${rival.name}\``;
}

const described = ({ name, at, tags }: PoolMember) =>
  `${name} (${formatHostPort(at.address, at.port)}, id ${tags.id || "none"})`;

export const nameKeyOf = ({ name }: PoolMember): string => name.toLowerCase();
const idKeyOf = ({ tags }: PoolMember): string => (tags.id ?? "").toLowerCase();
