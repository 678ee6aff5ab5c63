import type { Config } from "../config/config.ts";
import type { PoolMember } from "../gossip/types.ts";
import type { AutopilotConfiguration } from "../model/autopilot.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { systemRandom as random } from "../platform/random.ts";
import type { Timing } from "../raft/core/types.ts";
import type { RaftNode } from "../raft/node.ts";
import type { Method } from "../rpc/calls.ts";
import { PROTOCOL_VERSION } from "../rpc/hello.ts";
import type { Hello, KnownServer } from "../rpc/types.ts";
import { Autopilot } from "../server/autopilot/autopilot.ts";
import { Caretaker } from "../server/caretaker.ts";
import { Forwarder, servedMethods } from "../server/forward.ts";
import type { Consent } from "../server/join/consent.ts";
import { CONSENT_METHOD, Joiner, WANTS_METHOD } from "../server/join/joiner.ts";
import type { LeaderHold } from "../server/leader-hold.ts";
import { Leadership } from "../server/leadership.ts";
import { measuredPropose } from "../server/measured-propose.ts";
import { type Member, membersOf } from "../server/members.ts";
import { type LeaderMethods, leaderMethods } from "../server/methods.ts";
import { NodeKeeper } from "../server/node-keeper.ts";
import { Operator } from "../server/operator.ts";
import { Restores } from "../server/restores.ts";
import { Server } from "../server/server.ts";
import { Uploads } from "../server/uploads.ts";
import { nodeById } from "../state/nodes/queries.ts";
import { clearMustJoin } from "../storage/set-aside.ts";
import { type AskOther, configDuties } from "./config-duties.ts";
import { federationDuties } from "./federation-duties.ts";
import type { StoredJoin } from "./join-record.ts";
import { serversOf } from "./pool-servers.ts";
import type { ServerLink } from "./server-link.ts";
import { serverAddress } from "./server-settings.ts";
import type { StateParts } from "./state-parts.ts";
import type { Telemetry } from "./telemetry.ts";

const NS_PER_MS = 1e6;

export interface RoleDeps {
  config: () => Config;
  nodeId: string;
  hello: (known: readonly KnownServer[]) => Omit<Hello, "protocol">;
  telemetry: Telemetry;
  state: StateParts;
  raft: RaftNode;
  record: StoredJoin;
  hold: LeaderHold;
  link: ServerLink;
  timing: Timing;
  /** `GET path` at a server of another datacenter. */
  askOther: AskOther;
  /** Names of all that have servers. */
  datacenters: () => readonly string[];
  /** Of the gossip pool of this datacenter. */
  lanMembers: () => readonly PoolMember[];
}

/** What makes a server of the log and its state. */
export interface ServerRole {
  readonly server: Server;
  readonly leadership: Leadership;
  readonly joiner: Joiner;
  readonly forwarder: Forwarder<LeaderMethods>;
  readonly operator: Operator;
  readonly restores: Restores;
  members(): Member[];
  leave(): Promise<void>;
}

export function serverRole(deps: RoleDeps): ServerRole {
  const { config, nodeId, telemetry, state, raft, record, hold, link, timing, lanMembers } = deps;
  const { db } = state;
  const log = telemetry.hub.logger("agent.server");
  const { meter } = telemetry;
  const propose = measuredPropose((command) => raft.propose(JSON.stringify(command), command), { meter, clock });
  const server = new Server({
    ...{ db, propose, clock, random, log },
    datacenter: config().datacenter,
    sessionTtlNsMin: () => config().sessionTtlMinMs * NS_PER_MS,
    duties: [
      ...configDuties({ config: config(), db, propose, askOther: deps.askOther, log }),
      ...federationDuties({ ...deps, config: config(), propose, log }),
    ],
  });
  const members = memberList(deps);
  const autopilot = new Autopilot({
    ...{ nodeId, db, propose, raft, members, heartbeatMs: timing.heartbeatMs, clock, meter },
    defaults: () => autopilotDefaults(config()),
    log: telemetry.hub.logger("agent.server.autopilot"),
  });
  const updateCoordinate = server.coordinate.update.bind(server.coordinate);
  const caretaker = new Caretaker({ db, propose, raft, members, pool: lanMembers, updateCoordinate, log });
  const nodes = new NodeKeeper({
    ...{ db, propose, pool: lanMembers, clock, log },
    selfId: nodeId,
    datacenter: config().datacenter,
    servers: () => raft.configuration().configuration.servers.map(({ id }) => id),
    reconnectTimeoutMs: () => config().reconnectTimeoutMs,
  });
  const leadership = new Leadership({ raft, server, autopilot, caretaker, nodes, clock, log });
  const uploads = new Uploads(clock, () => raft.newArchive());
  const restores = new Restores({ raft, uploads, clock, log });
  const methods = leaderMethods({
    ...{ server, propose, raft, autopilot, caretaker, restores },
    isCaughtUp: () => leadership.isReady,
  });
  const forwarder = new Forwarder({ raft, hold, methods, meter, peers: () => link.peers });
  const joiner = makeJoiner(deps);
  link.attach({
    methods: served(methods, raft, joiner),
    configuration: () => raft.configuration(),
    met: () => serversOf(lanMembers()),
    onMessage: (message) => raft.receive(message),
    onPeersChanged() {
      for (const { hello, isConnected } of link.peers.list()) if (!isConnected) caretaker.letIn(hello.nodeId);
      hold.wake();
    },
  });
  const { nodeName } = config();
  const operator = new Operator({
    self: { nodeId, nodeName, address: serverAddress(config()) },
    ...{ db, raft, forwarder, autopilot, members, clusterId: record.clusterId },
    async recover(configuration) {
      const clusterId = random.uuid();
      log.warn("RECOVERING: this server is a cluster of its own from here on", {
        before: record.clusterId(),
        clusterId,
      });
      await raft.recover(configuration, clusterId);
      record.renamed(clusterId);
      link.changed();
    },
  });
  return {
    ...{ server, leadership, joiner, forwarder, operator, restores, members },
    async leave() {
      const voters = raft.configuration().configuration.servers.filter(({ voter }) => voter);
      if (!voters.some(({ id }) => id !== nodeId)) return;
      if (raft.isLeader) await raft.transferLeadership();
      await forwarder.run("raft.leave", { id: nodeId, node: nodeName });
    },
  };
}

function memberList({ hello, state, raft, link, lanMembers }: RoleDeps): () => Member[] {
  const sinceMs = clock.monotonicMs();
  return () =>
    membersOf({
      self: { ...hello([]), protocol: PROTOCOL_VERSION },
      peers: link.peers.list(),
      pool: lanMembers(),
      configuration: raft.configuration().configuration,
      nameOf: (id) => nodeById(state.db, id)?.Node,
      nowMs: clock.monotonicMs(),
      sinceMs,
    });
}

function makeJoiner({ config, nodeId, hello, telemetry, raft, record, link }: RoleDeps): Joiner {
  const { mayVote, address, expect } = hello([]);
  return new Joiner({
    peers: link.peers,
    self: { nodeId, address, expect, mayVote },
    record,
    isLogEmpty: () => raft.status().lastLogIndex === 0,
    bootstrap: (configuration) => raft.bootstrap(configuration),
    onCluster() {
      const { dev, dataDir } = config();
      if (!dev) clearMustJoin(dataDir);
      link.changed();
    },
    clock,
    uuid: random.uuid,
    log: telemetry.hub.logger("agent.server.join"),
  });
}

/** What other servers may call. */
function served(methods: LeaderMethods, raft: RaftNode, joiner: Joiner): Record<string, Method> {
  return {
    ...servedMethods(methods, raft),
    [CONSENT_METHOD]: (wanted) => joiner.answerConsent(wanted as Consent),
    [WANTS_METHOD]: (argument) => joiner.answerWants((argument as { clusterId: string }).clusterId),
  };
}

function autopilotDefaults({ autopilot }: Config): AutopilotConfiguration {
  return {
    CleanupDeadServers: autopilot.cleanupDeadServers,
    LastContactThreshold: autopilot.lastContactThresholdMs * NS_PER_MS,
    MaxTrailingLogs: autopilot.maxTrailingLogs,
    MinQuorum: autopilot.minQuorum,
    ServerStabilizationTime: autopilot.serverStabilizationTimeMs * NS_PER_MS,
    RedundancyZoneTag: autopilot.redundancyZoneTag,
    DisableUpgradeMigration: autopilot.disableUpgradeMigration,
    UpgradeVersionTag: autopilot.upgradeVersionTag,
  };
}
