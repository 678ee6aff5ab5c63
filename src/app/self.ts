import type { Config } from "../config/config.ts";
import type { AgentMember, AgentSelf } from "../http/agent-deps.ts";
import { COMPATIBLE_CONSUL_VERSION, VERSION } from "../lib/version.ts";
import type { RaftStatus } from "../raft/status.ts";
import { raftStats } from "../raft/status.ts";
import { ORIGIN } from "../state/coordinates/distance.ts";

export interface SelfParts {
  config: Config;
  nodeId: string;
  raft: RaftStatus;
  agentStats: Record<string, string>;
  rpcAddress: string;
  runtime: Record<string, string>;
}

/** Statuses of the gossip layer as numbers. */
const ALIVE = 1;

/** This server as the gossip pool shows it. The tags are Consul's: tools read roles and ports from them. */
export function selfMember({ config, nodeId }: Pick<SelfParts, "config" | "nodeId">): AgentMember {
  return {
    Name: config.nodeName,
    Addr: config.advertiseAddr,
    Port: config.ports.serfLan,
    Tags: {
      acls: "0",
      ...(config.bootstrap ? { bootstrap: "1" } : {}),
      build: `${COMPATIBLE_CONSUL_VERSION}:muster-${VERSION}`,
      dc: config.datacenter,
      ft_fs: "1",
      id: nodeId,
      port: String(config.ports.server),
      raft_vsn: "3",
      role: "consul",
      segment: "",
      vsn: "2",
      vsn_max: "3",
      vsn_min: "2",
      wan_join_port: String(config.ports.serfWan ?? -1),
    },
    Status: ALIVE,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}

/** `GET /v1/agent/self`, in the shape that clients pick their facts from. */
export function agentSelf(parts: SelfParts): AgentSelf {
  const { config, nodeId } = parts;
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
    Member: selfMember(parts),
    Stats: {
      agent: parts.agentStats,
      build: { prerelease: "", revision: `muster-${VERSION}`, version: COMPATIBLE_CONSUL_VERSION },
      consul: {
        acl: "disabled",
        bootstrap: String(config.bootstrap),
        known_datacenters: "1",
        leader: String(parts.raft.state === "Leader"),
        leader_addr: parts.raft.state === "Leader" ? parts.rpcAddress : "",
        server: String(config.server),
      },
      raft: {
        ...raftStats(parts.raft),
        // This server is the only one, and has been since the first entry.
        latest_configuration: `[{Suffrage:Voter ID:${nodeId} Address:${parts.rpcAddress}}]`,
        latest_configuration_index: "1",
      },
      runtime: parts.runtime,
      serf_lan: serfStats(),
      serf_wan: serfStats(),
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

/** One member, nothing under way: this version has no gossip yet. */
function serfStats(): Record<string, string> {
  return {
    coordinate_resets: "0",
    encrypted: "false",
    event_queue: "0",
    event_time: "1",
    failed: "0",
    health_score: "0",
    intent_queue: "0",
    left: "0",
    member_time: "1",
    members: "1",
    query_queue: "0",
    query_time: "1",
  };
}
