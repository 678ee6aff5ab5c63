import type { Config } from "../config/config.ts";
import type { AgentMember, AgentSelf } from "../http/agent-deps.ts";
import { assert } from "../lib/assert.ts";
import { ORIGIN } from "../lib/coordinate.ts";
import { splitHostPort } from "../lib/host-port.ts";
import { COMPATIBLE_CONSUL_VERSION, VERSION } from "../lib/version.ts";
import type { RaftStatus } from "../raft/status.ts";
import { raftStats } from "../raft/status.ts";
import type { Member } from "../server/members.ts";

export interface SelfParts {
  config: Config;
  nodeId: string;
  raft: RaftStatus;
  agentStats: Record<string, string>;
  members: readonly Member[];
  runtime: Record<string, string>;
}

/** Statuses of the gossip layer as numbers. */
const ALIVE = 1;
const FAILED = 4;

/** A server as the gossip pool shows it. The tags are Consul's: tools read roles and ports from them. */
export function agentMember(member: Member, config: Config): AgentMember {
  const { host, port } = splitHostPort(member.address) ?? { host: member.address, port: config.ports.server };
  return {
    Name: member.name,
    Addr: host,
    Port: config.ports.serfLan,
    Tags: {
      acls: "0",
      ...(member.expect === 1 ? { bootstrap: "1" } : {}),
      build: `${COMPATIBLE_CONSUL_VERSION}:muster-${member.version || VERSION}`,
      dc: member.datacenter,
      ...(member.expect > 1 ? { expect: String(member.expect) } : {}),
      ft_fs: "1",
      id: member.nodeId,
      ...(member.mayVote ? {} : { nonvoter: "1" }),
      port: String(port),
      raft_vsn: "3",
      role: "consul",
      segment: "",
      vsn: "2",
      vsn_max: "3",
      vsn_min: "2",
      wan_join_port: String(config.ports.serfWan ?? -1),
    },
    Status: member.isAlive ? ALIVE : FAILED,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}

/** `host:port` of the leader's server port, or "" while none is known. */
export function leaderAddress(raft: { status(): Pick<RaftStatus, "leader" | "configuration"> }): string {
  const { leader, configuration } = raft.status();
  return configuration.configuration.servers.find(({ id }) => id === leader)?.address ?? "";
}

/** `GET /v1/agent/self`, in the shape that clients pick their facts from. */
export function agentSelf(parts: SelfParts): AgentSelf {
  const { config, nodeId, raft, members } = parts;
  const [own] = members;
  assert(own !== undefined, "a server is its own first member");
  return {
    Config: {
      Datacenter: config.datacenter,
      NodeName: config.nodeName,
      NodeID: nodeId,
      Revision: `muster-${VERSION}`,
      Server: config.server,
      Version: COMPATIBLE_CONSUL_VERSION,
    },
    DebugConfig: debugConfig(config, nodeId),
    Coord: { ...ORIGIN },
    Member: agentMember(own, config),
    Stats: {
      agent: parts.agentStats,
      build: { prerelease: "", revision: `muster-${VERSION}`, version: COMPATIBLE_CONSUL_VERSION },
      consul: {
        acl: "disabled",
        bootstrap: String(config.bootstrap),
        known_datacenters: "1",
        leader: String(raft.state === "Leader"),
        leader_addr: leaderAddress({ status: () => raft }),
        server: String(config.server),
      },
      raft: raftStats(raft),
      runtime: parts.runtime,
      serf_lan: serfStats(members),
      serf_wan: serfStats(members),
    },
    Meta: { ...config.nodeMeta, "consul-network-segment": "" },
  };
}

/** Keys of Consul's DebugConfig that programs read; nothing here is a secret. */
function debugConfig(config: Config, nodeId: string): Record<string, unknown> {
  const addrs = (addresses: readonly string[], port: number | null, scheme: string) =>
    port === null ? [] : addresses.map((address) => `${scheme}://${address}:${port}`);
  return {
    ACLsEnabled: false,
    AdvertiseAddrLAN: config.advertiseAddr,
    AdvertiseAddrWAN: config.advertiseAddrWan,
    BindAddr: config.bindAddr,
    Bootstrap: config.bootstrap,
    BootstrapExpect: config.bootstrapExpect,
    ClientAddrs: config.clientAddrs,
    ConnectEnabled: false,
    DNSAddrs: config.addresses.dns.flatMap((address) =>
      config.ports.dns === null ? [] : [`tcp://${address}:${config.ports.dns}`, `udp://${address}:${config.ports.dns}`],
    ),
    DNSDomain: config.domain,
    DNSPort: config.ports.dns ?? -1,
    Datacenter: config.datacenter,
    DataDir: config.dataDir,
    DevMode: config.dev,
    EnableLocalScriptChecks: config.enableLocalScriptChecks,
    EnableRemoteScriptChecks: config.enableScriptChecks,
    GRPCPort: config.ports.grpc ?? -1,
    HTTPAddrs: addrs(config.addresses.http, config.ports.http, "tcp"),
    HTTPPort: config.ports.http ?? -1,
    HTTPSPort: config.ports.https ?? -1,
    KVMaxValueSize: config.limits.kvMaxValueSize,
    LogLevel: config.logLevel,
    NodeID: nodeId,
    NodeMeta: config.nodeMeta,
    NodeName: config.nodeName,
    PidFile: config.pidFile,
    PrimaryDatacenter: config.primaryDatacenter,
    SerfPortLAN: config.ports.serfLan,
    SerfPortWAN: config.ports.serfWan ?? -1,
    ServerMode: config.server,
    ServerPort: config.ports.server,
    SessionTTLMin: `${config.sessionTtlMinMs / 1000}s`,
    TaggedAddresses: config.taggedAddresses,
    TxnMaxReqLen: config.limits.txnMaxReqLen,
    UIEnabled: config.ui,
    Version: COMPATIBLE_CONSUL_VERSION,
  };
}

/** Nothing is under way: this version has no gossip yet. */
function serfStats(members: readonly Member[]): Record<string, string> {
  return {
    coordinate_resets: "0",
    encrypted: "false",
    event_queue: "0",
    event_time: "1",
    failed: String(members.filter(({ isAlive }) => !isAlive).length),
    health_score: "0",
    intent_queue: "0",
    left: "0",
    member_time: "1",
    members: String(members.length),
    query_queue: "0",
    query_time: "1",
  };
}
