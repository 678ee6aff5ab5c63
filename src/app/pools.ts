import type { Config } from "../config/config.ts";
import type { Endpoint } from "../gossip/messages.ts";
import { createPool } from "../gossip/pool/pool.ts";
import { TIMINGS, type Timing } from "../gossip/timing.ts";
import type { Pool, PoolEvent, PoolMember, PoolOptions } from "../gossip/types.ts";
import { compileRegexp } from "../lang/re2/regexp.ts";
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { COMPATIBLE_CONSUL_VERSION, VERSION } from "../lib/version.ts";
import {
  type Candidate,
  clientTags,
  type Known,
  type MemberTags,
  refuseLan,
  refuseWan,
  serverTags,
} from "../model/member-tags.ts";
import { aesGcm } from "../platform/cipher.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { DiskFileStore } from "../platform/file-store.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { systemRandom as random } from "../platform/random.ts";
import { tcp } from "../platform/tcp-server.ts";
import { udp } from "../platform/udp.ts";
import type { Logger } from "../ports/logger.ts";
import { expectOf, mayVote } from "./server-settings.ts";
import type { Telemetry } from "./telemetry.ts";

/** Consul's: by then all members of any pool have heard that one leaves. */
const LEAVE_PROPAGATE_MS = 3000;
const TOMBSTONE_MS = 24 * 3600 * 1000;
const BUILD = `${COMPATIBLE_CONSUL_VERSION}:muster-${VERSION}`;

/** The gossip pools of this node: that of its datacenter, and for servers that of the servers of all datacenters. */
export interface Pools {
  readonly lan: Pool;
  readonly wan: Pool | undefined;
  /** Tells both that this node goes. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

export interface PoolsDeps {
  readonly config: Config;
  readonly nodeId: string;
  readonly telemetry: Telemetry;
  onLan(event: PoolEvent): void;
  onWan(event: PoolEvent): void;
}

/** Opens the pools' ports. Rejects when one is taken; then none stays open. */
export async function openPools(deps: PoolsDeps): Promise<Pools> {
  let known: Pool | undefined;
  const lan = await createPool(lanOptions(deps, () => known));
  known = lan;
  const wan = await openWan(deps).catch(async (error: unknown) => {
    await lan.close();
    throw error;
  });
  return {
    lan,
    wan,
    async leave() {
      await Promise.all([wan?.leave(), lan.leave()]);
    },
    async close() {
      await Promise.all([wan?.close(), lan.close()]);
    },
  };
}

async function openWan(deps: PoolsDeps): Promise<Pool | undefined> {
  const { config } = deps;
  const port = config.server ? config.ports.serfWan : null;
  return port === null ? undefined : createPool(wanOptions(deps, port));
}

function lanOptions(deps: PoolsDeps, pool: () => Pool | undefined): PoolOptions {
  const { config } = deps;
  const { nodeName: name, ports } = config;
  const tags = ownTags(deps, "lan");
  const own: Candidate = { name, at: joinHostPort(config.advertiseAddr, ports.serfLan), tags };
  const log = deps.telemetry.hub.logger("agent.gossip.lan");
  const known: Known = {
    tagsOf(member) {
      const found = pool()?.member(member);
      return found?.status === "alive" ? found.tags : undefined;
    },
    all: () => (pool()?.members() ?? []).filter(({ status }) => status === "alive").map(candidateOf),
  };
  return {
    ...commonOptions(deps, log, "local"),
    ...{ name, tags, timing: timingOf(TIMINGS.lan, config.gossipLan) },
    bind: { address: config.serfLan, port: ports.serfLan },
    advertise: { address: config.advertiseAddr, port: ports.serfLan },
    allowed: config.serfLanAllowedCidrs,
    reconnectTimeoutMs: config.reconnectTimeoutMs,
    refuse: (members) => refuseLan(own, members.filter(isThere).map(candidateOf), known),
    onEvent: deps.onLan,
    onNameConflict: (other) => log.error(nameTaken(own, other)),
  };
}

function wanOptions(deps: PoolsDeps, port: number): PoolOptions {
  const { config } = deps;
  const name = `${config.nodeName}.${config.datacenter}`;
  const tags = ownTags(deps, "wan");
  const own: Candidate = { name, at: joinHostPort(config.advertiseAddrWan, port), tags };
  const log = deps.telemetry.hub.logger("agent.gossip.wan");
  return {
    ...commonOptions(deps, log, "remote"),
    ...{ name, tags, timing: timingOf(TIMINGS.wan, config.gossipWan) },
    bind: { address: config.serfWan, port },
    advertise: { address: config.advertiseAddrWan, port },
    allowed: config.serfWanAllowedCidrs,
    reconnectTimeoutMs: config.reconnectTimeoutWanMs,
    refuse: (members) => refuseWan(own, members.map(candidateOf)),
    onEvent: deps.onWan,
    onNameConflict: (other) => log.error(nameTaken(own, other)),
  };
}

function commonOptions({ config, telemetry }: PoolsDeps, log: Logger, file: "local" | "remote") {
  return {
    encryptKey: config.encrypt,
    verifyIncoming: config.encryptVerifyIncoming,
    verifyOutgoing: config.encryptVerifyOutgoing,
    files: config.dev ? undefined : new DiskFileStore(config.dataDir),
    keyringFile: config.disableKeyringFile ? undefined : `serf/${file}.keyring`,
    snapshotFile: `serf/${file}.snapshot`,
    rejoinAfterLeave: config.rejoinAfterLeave,
    tombstoneTimeoutMs: TOMBSTONE_MS,
    leavePropagateDelayMs: LEAVE_PROPAGATE_MS,
    matches: (expression: string, text: string) => compileRegexp(expression).test(text),
    ...{ clock, random, cipher: aesGcm, datagrams: udp, streams: tcp, log, meter: telemetry.meter },
  };
}

function ownTags({ config, nodeId }: PoolsDeps, pool: "lan" | "wan"): MemberTags {
  const own = { nodeId, datacenter: config.datacenter, build: BUILD };
  const { advertiseReconnectTimeoutMs } = config;
  if (!config.server) {
    const isSet = advertiseReconnectTimeoutMs !== null;
    return clientTags({
      ...own,
      ...(isSet ? { reconnectTimeout: formatDurationNs(advertiseReconnectTimeoutMs * NS_PER_MS) } : {}),
    });
  }
  const { server, serfWan } = config.ports;
  const role = { port: server, expect: expectOf(config), mayVote: mayVote(config), wanPort: serfWan ?? -1 };
  return serverTags({ ...own, ...role }, pool);
}

type GossipKeys = Config["gossipLan"];

function timingOf(profile: Timing, keys: GossipKeys): Timing {
  return {
    ...profile,
    gossipIntervalMs: keys.gossipIntervalMs,
    gossipNodes: keys.gossipNodes,
    probeIntervalMs: keys.probeIntervalMs,
    probeTimeoutMs: keys.probeTimeoutMs,
    suspicionMult: keys.suspicionMult,
    retransmitMult: keys.retransmitMult,
  };
}

/** A host that was renamed has its id in common with its former self. */
const isThere = ({ status }: PoolMember) => status !== "failed" && status !== "left";

const candidateOf = ({ name, at, tags }: PoolMember): Candidate => ({
  name,
  at: joinHostPort(at.address, at.port),
  tags,
});

function nameTaken(own: Candidate, other: Endpoint): string {
  return `the node name "${own.name}" of this agent (${own.at}) is that of another one, which is alive at \
${joinHostPort(other.address, other.port)}: give one of them another node_name, or stop the other one for good and run \
"muster force-leave ${own.name}"`;
}
