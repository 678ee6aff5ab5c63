import type { Config } from "../config/config.ts";
import { MEMBER_STATUSES, type Pool, type PoolMember } from "../gossip/types.ts";
import type { AgentMember, AgentSelf } from "../http/agent-deps.ts";
import { COMPATIBLE_CONSUL_VERSION, VERSION } from "../lib/version.ts";
import type { RaftStatus } from "../raft/status.ts";
import type { Pools } from "./pools.ts";

export interface SelfParts {
  config: Config;
  nodeId: string;
  pools: Pick<Pools, "lan" | "wan">;
  agentStats: Record<string, string>;
  /** Of the role: what it knows of servers, and a server's log. */
  roleStats: Readonly<Record<string, Readonly<Record<string, string>>>>;
  runtime: Record<string, string>;
}

/** A member as `GET /v1/agent/members` prints it. */
export function agentMember({ name, at, tags, status, versions }: PoolMember): AgentMember {
  return {
    Name: name,
    Addr: at.address,
    Port: at.port,
    Tags: tags,
    Status: MEMBER_STATUSES.indexOf(status),
    ProtocolMin: versions.protocolMin,
    ProtocolMax: versions.protocolMax,
    ProtocolCur: versions.protocolCurrent,
    DelegateMin: versions.delegateMin,
    DelegateMax: versions.delegateMax,
    DelegateCur: versions.delegateCurrent,
  };
}

/** `host:port` of the leader's server port, or "" while none is known. */
export function leaderAddress(raft: { status(): Pick<RaftStatus, "leader" | "configuration"> }): string {
  const { leader, configuration } = raft.status();
  return configuration.configuration.servers.find(({ id }) => id === leader)?.address ?? "";
}

/** `GET /v1/agent/self`, in the shape that clients pick their facts from. */
export function agentSelf({ config, nodeId, pools, agentStats, roleStats, runtime }: SelfParts): AgentSelf {
  const { lan, wan } = pools;
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
    Coord: { ...lan.coordinate() },
    Member: agentMember(lan.self()),
    Stats: {
      agent: agentStats,
      build: { prerelease: "", revision: `muster-${VERSION}`, version: COMPATIBLE_CONSUL_VERSION },
      ...roleStats,
      runtime,
      serf_lan: lan.stats(),
      ...(wan === undefined ? {} : { serf_wan: wan.stats() }),
    },
    Meta: { ...config.nodeMeta, "consul-network-segment": "" },
  };
}

/** Datacenters whose servers are in the pool of all, the own one too. */
export function knownDatacenters(wan: Pick<Pool, "members"> | undefined, own: string): number {
  const names = (wan?.members() ?? []).filter(({ status }) => status !== "left").map(({ tags }) => tags.dc ?? "");
  return new Set([own, ...names]).size;
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
    // Consul's `debug` reads it before anything else, and fetches profiles by it, which this program has none of.
    EnableDebug: false,
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
