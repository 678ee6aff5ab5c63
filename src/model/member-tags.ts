/**
 * Who a member of a gossip pool is, from its tags: Consul's, so that its agents and tools read ours and we theirs
 * (observed, Consul 1.8.7; later versions have more tags, which are left alone).
 */

export type MemberTags = Readonly<Record<string, string>>;

const ROLE_SERVER = "consul";
const ROLE_CLIENT = "node";

interface OwnTags {
  readonly nodeId: string;
  readonly datacenter: string;
  /** What is shown as the build: `1.8.7:muster-0.4.0`. */
  readonly build: string;
  /** Go's text of the time after which the others forget this member when it has failed; "" for what they are set to. */
  readonly reconnectTimeout?: string;
}

export interface OwnServerTags extends OwnTags {
  /** Of the server port. */
  readonly port: number;
  /** 0 for one that only joins. */
  readonly expect: number;
  readonly mayVote: boolean;
  /** -1 when it is in no pool of servers of all datacenters. */
  readonly wanPort: number;
}

/**
 * Servers of Consul take a server that they hear of in their pool into their Raft configuration, through whomever they hear
 * of it (observed). They, and Consul's client agents, take nobody for a server with an address of a network segment that is
 * none: so they leave this program's servers alone, whose protocols are others.
 */
const NO_CONSUL_SERVER: MemberTags = { sl_muster: "none" };

/** Tags of a server in the pool of its datacenter; in the pool of all datacenters it counts as a server for Consul, too. */
export function serverTags(own: OwnServerTags, pool: "lan" | "wan"): MemberTags {
  return {
    ...commonTags(own),
    role: ROLE_SERVER,
    port: String(own.port),
    raft_vsn: "3",
    ft_fs: "1",
    ...(own.expect === 1 ? { bootstrap: "1" } : {}),
    ...(own.expect > 1 ? { expect: String(own.expect) } : {}),
    ...(own.mayVote ? {} : { nonvoter: "1" }),
    ...(pool === "lan" ? { ...NO_CONSUL_SERVER, wan_join_port: String(own.wanPort) } : {}),
  };
}

export function clientTags(own: OwnTags): MemberTags {
  return { ...commonTags(own), role: ROLE_CLIENT };
}

function commonTags({ nodeId, datacenter, build, reconnectTimeout = "" }: OwnTags): MemberTags {
  return {
    ...{ acls: "0", build, dc: datacenter, id: nodeId, segment: "", vsn: "2", vsn_max: "3", vsn_min: "2" },
    ...(reconnectTimeout === "" ? {} : { rc_tm: reconnectTimeout }),
  };
}

export interface ServerTags {
  /** "" when it doesn't say. */
  readonly nodeId: string;
  readonly datacenter: string;
  readonly port: number;
  readonly expect: number;
  readonly mayVote: boolean;
  /** -1 when it says none. */
  readonly wanPort: number;
  readonly version: string;
  /** Other programs speak the protocol of the pool, but not that between servers. */
  readonly isMuster: boolean;
}

const INTEGER = /^\d{1,9}$/;
const VERSION = /^\d+\.\d+\.\d+/;
const OWN_BUILD = /:muster-/;

/** What a member says that counts as a server; undefined for everybody else, also when a tag can't be read. */
export function parseServer(tags: MemberTags): ServerTags | undefined {
  if (tags.role !== ROLE_SERVER) return undefined;
  const { port = "", vsn = "", build = "", expect, raft_vsn, wan_join_port } = tags;
  if (!INTEGER.test(port) || !INTEGER.test(vsn) || !VERSION.test(build)) return undefined;
  if ([expect, raft_vsn].some((text) => text !== undefined && !INTEGER.test(text))) return undefined;
  if (wan_join_port !== undefined && !/^-?\d{1,9}$/.test(wan_join_port)) return undefined;
  if (Object.entries(tags).some(([name, text]) => name.startsWith("ft_") && !INTEGER.test(text))) return undefined;
  return {
    nodeId: tags.id ?? "",
    datacenter: tags.dc ?? "",
    port: Number(port),
    expect: tags.bootstrap === "1" ? 1 : Number(expect ?? 0),
    mayVote: tags.nonvoter !== "1" && tags.read_replica !== "1",
    wanPort: Number(wan_join_port ?? -1),
    version: VERSION.exec(build)?.[0] ?? "",
    isMuster: OWN_BUILD.test(build),
  };
}

/** Whether a member is an agent of the registry, server or not: others may be in the pool, but not in the catalog. */
export function isAgent({ role }: MemberTags): boolean {
  return role === ROLE_SERVER || role === ROLE_CLIENT;
}

/** What the rules of merging look at. */
export interface Candidate {
  readonly name: string;
  /** `host:port`, for texts. */
  readonly at: string;
  readonly tags: MemberTags;
}

/** Members that are there already. */
export interface Known {
  /** Undefined for who is not there. */
  tagsOf(name: string): MemberTags | undefined;
  all(): readonly Candidate[];
}

const NOBODY: Known = { tagsOf: () => undefined, all: () => [] };

/**
 * Why members can't be in the pool of a datacenter with this agent, in Consul's words: another datacenter, another
 * segment, or one node id under two names; and why not with the servers that are there: those of two programs don't go
 * together.
 */
export function refuseLan(own: Candidate, others: readonly Candidate[], known: Known = NOBODY): string | undefined {
  const names = new Map<string, string>([[own.tags.id ?? "", own.name]]);
  for (const { name, at, tags } of others) {
    const { id = "" } = tags;
    const holder = id === "" ? undefined : names.get(id);
    if (holder !== undefined && holder !== name && name !== own.name) {
      return holder === own.name
        ? `Member '${name}' has conflicting node ID '${id}' with this agent's ID`
        : `Member '${name}' has conflicting node ID '${id}' with member '${holder}'`;
    }
    if (id !== "") names.set(id, name);
    if (!isAgent(tags)) continue;
    if ((tags.dc ?? "") !== own.tags.dc) return `Member '${name}' part of wrong datacenter '${tags.dc ?? ""}' (${at})`;
    if ((tags.segment ?? "") !== "") {
      return `Member '${name}' part of wrong segment '${tags.segment}' (expected '')`;
    }
  }
  return refuseMixed(own, others, known);
}

/** Only servers may be in the pool of all datacenters, and those of one datacenter must be of one program. */
export function refuseWan(own: Candidate, others: readonly Candidate[]): string | undefined {
  const stranger = others.find(({ tags }) => parseServer(tags) === undefined);
  if (stranger !== undefined) return `Member '${stranger.name}' is not a server`;
  return refuseMixed(
    own,
    others.filter(({ tags }) => tags.dc === own.tags.dc),
    NOBODY,
  );
}

function refuseMixed(own: Candidate, others: readonly Candidate[], known: Known): string | undefined {
  const isServer = ({ tags }: Candidate) => parseServer(tags) !== undefined;
  const programOf = (tags: MemberTags = {}) => parseServer(tags)?.isMuster;
  const isNew = ({ name, tags }: Candidate) => programOf(known.tagsOf(name)) !== programOf(tags);
  // Of a large pool not all members are looked at for each that tells that it is still there.
  const coming = others.filter((other) => isServer(other) && (isServer(own) || isNew(other)));
  if (coming.length === 0) return undefined;
  const servers = [own, ...(isServer(own) ? [] : known.all()), ...coming].filter(isServer);
  const consul = servers.find(({ tags }) => parseServer(tags)?.isMuster === false);
  const muster = servers.find(({ tags }) => parseServer(tags)?.isMuster === true);
  if (consul === undefined || muster === undefined) return undefined;
  return `Member '${consul.name}' (${consul.at}) is a server of Consul, and '${muster.name}' (${muster.at}) one of Muster: \
they can't serve one datacenter together. Servers of both may only be in different datacenters, joined by -join-wan`;
}
