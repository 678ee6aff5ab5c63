import { statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { Pool, PoolEvent } from "../gossip/types.ts";
import type { Consensus } from "../http/deps.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { DiskFileStore, MemoryFileStore } from "../platform/file-store.ts";
import { nodeIdIn } from "../platform/node-id.ts";
import { systemRandom as random } from "../platform/random.ts";
import type { Meter } from "../ports/meter.ts";
import { isAlone } from "../raft/core/quorum.ts";
import { timingOf } from "../raft/core/types.ts";
import { RaftNode } from "../raft/node.ts";
import type { OpenedLog } from "../raft/types.ts";
import type { Guests } from "../rpc/guests.ts";
import type { KnownServer } from "../rpc/types.ts";
import { COMPARE_QUERY } from "../server/agent-names.ts";
import { tellOwners } from "../server/deregistration-news.ts";
import type { Forwarder } from "../server/forward.ts";
import { LeaderHold } from "../server/leader-hold.ts";
import type { Member } from "../server/members.ts";
import type { LeaderMethods } from "../server/methods.ts";
import type { Operator } from "../server/operator.ts";
import type { Restores } from "../server/restores.ts";
import type { Server } from "../server/server.ts";
import type { StateDb } from "../state/db.ts";
import type { Publisher } from "../state/publisher.ts";
import type { RecentChanges } from "../state/recent-changes.ts";
import { planRestore } from "../state/restore/plan.ts";
import type { AskOther } from "./config-duties.ts";
import { onlyJoins, openOrSetAside, settleNodeId } from "./damaged.ts";
import { datacenterNames } from "./datacenters.ts";
import { nameLoneServer } from "./found-state.ts";
import { openJoinRecord, type StoredJoin } from "./join-record.ts";
import { recoverByFile } from "./lost-quorum.ts";
import { type OpenParts, openAll } from "./open-parts.ts";
import { ownHello } from "./own-hello.ts";
import { openPools, type Pools } from "./pools.ts";
import { electionTimeoutMs, snapshotPolicy } from "./raft-settings.ts";
import { ServerLink } from "./server-link.ts";
import { serverRole } from "./server-role.ts";
import { expectOf, serverAddress } from "./server-settings.ts";
import { openState, type StateParts } from "./state-parts.ts";
import type { Telemetry } from "./telemetry.ts";

/** Told of what happens in the pools after this server has taken it in. */
export interface OnGossip {
  onLan(event: PoolEvent): void;
  onWan(event: PoolEvent): void;
}

/** What the server role uses of the node around it. */
export interface CoreDeps extends OnGossip {
  readonly askOther: AskOther;
}

/** The server role without its edges: storage, log, state, the other servers, and the leader's duties. */
export interface Core {
  readonly nodeId: string;
  readonly db: StateDb;
  readonly publisher: Publisher;
  readonly recent: RecentChanges;
  readonly raft: RaftNode;
  readonly server: Server;
  readonly hold: LeaderHold;
  readonly forwarder: Forwarder<LeaderMethods>;
  readonly operator: Operator;
  readonly restores: Restores;
  readonly pools: Pools;
  /** From now on client agents and servers of other datacenters may call. */
  serve(guests: Pick<Guests, "accept">): void;
  /** The servers of the cluster, this one first. */
  members(): Member[];
  /** Index of the newest entry in the state, as clients see it. */
  stateIndex(): number;
  /** Of the log and of the state on the disk; 0 with `-dev`. */
  diskBytes(): { log: number; state: number };
  /** Resolves once the other servers go on without this one, if there are any. */
  leave(): Promise<void>;
  /** Answers what is under way, then closes the files. */
  stop(): Promise<void>;
}

/**
 * Opens the data directory (or memory) and the server port, replays the log, and begins to look for the other servers. A
 * server that is alone leads when this resolves. Rejects with a text for the operator.
 */
export function startCore(
  config: () => Config,
  telemetry: Telemetry,
  outside: CoreDeps,
  onFatal: (reason: string) => void,
): Promise<Core> {
  return openAll((parts) => start(config, telemetry, outside, onFatal, parts));
}

async function start(
  config: () => Config,
  telemetry: Telemetry,
  { onLan, onWan, askOther }: CoreDeps,
  onFatal: (reason: string) => void,
  parts: OpenParts,
): Promise<Core> {
  const { hub, meter } = telemetry;
  const first = config();
  const loss = { config: first, uuid: random.uuid, nowMs: () => clock.nowMs(), log: hub.logger("agent.server") };
  settleNodeId(loss);
  const state = await openOrSetAside(() => openState(first, hub.logger("agent.storage"), onFatal, parts), loss);
  const nodeId = nodeIdIn(first.dev ? undefined : first.dataDir, first.nodeId, random.uuid);
  const { opened, record } = await openCluster(first, nodeId, state, telemetry);
  const { db, store, keeper, machine, publisher, recent } = state;
  const hold = new LeaderHold(clock, () => config().performance.rpcHoldTimeoutMs);
  const expect = onlyJoins(first, opened) ? 0 : expectOf(first);
  const hello = (known: readonly KnownServer[]) =>
    ownHello(config(), { nodeId, expect, clusterId: record.clusterId(), known });
  const link = new ServerLink({ config, hello, telemetry });
  parts.add(() => link.close());
  const countLeader = leaderCounter(meter);
  const timing = timingOf(electionTimeoutMs(first));
  const raft: RaftNode = new RaftNode({
    ...{ store, opened, machine, keeper, clock, meter, nodeId, onFatal, timing, transport: link.peers },
    random: random.float,
    log: hub.logger("agent.server.raft"),
    snapshotPolicy: snapshotPolicy(first),
    planRestore: (archive) => planRestore(archive, random.uuid()),
    onRole(latest) {
      hold.wake();
      role.leadership.onRole(latest);
      countLeader(latest.leader);
      tellLeader(latest);
    },
    onConfiguration: () => link.know(),
    onReloaded() {
      recent.reset(machine.stateIndex);
      role.leadership.onReloaded();
    },
  });
  let pools: Pools | undefined;
  const tellLeader = newLeaderEvent(first.nodeName, () => pools?.lan);
  const lanMembers = () => pools?.lan.members() ?? [];
  const role = serverRole({
    ...{ config, nodeId, hello, telemetry, state, raft, record, hold, link, timing, askOther, lanMembers },
    datacenters: () => datacenterNames(pools?.wan, first.datacenter),
  });
  machine.onLocksDelayed = (keys, lockDelayNs) => role.server.onLocksDelayed(keys, lockDelayNs);
  await raft.start();
  parts.add(async () => {
    await raft.stop();
    machine.flush();
  });
  parts.add(() => role.leadership.stop());
  link.know();
  parts.add(await link.listen());
  const gossip = await openPools({
    ...{ config: first, nodeId, telemetry },
    onLan(event) {
      if (event.kind !== "user" && event.kind !== "query") {
        link.know();
        role.leadership.onMember(event);
      }
      onLan(event);
    },
    onWan,
  });
  pools = gossip;
  parts.add(() => gossip.close());
  tellLeader({ isLeader: raft.isLeader, term: raft.status().term });
  link.know();
  parts.add(tellOwners({ db, publisher, isLeader: () => raft.isLeader, ask: askToCompare(gossip), clock }));
  await role.joiner.start();
  parts.add(() => role.joiner.stop());
  if (isAlone(raft.configuration().configuration, nodeId)) await role.leadership.settled();
  return {
    ...{ nodeId, db, publisher, recent, raft, hold },
    ...{ server: role.server, forwarder: role.forwarder, operator: role.operator, members: role.members },
    restores: role.restores,
    pools: gossip,
    serve: (guests) => link.serve(guests),
    stateIndex: () => machine.stateIndex,
    diskBytes: () => diskBytes(first),
    async leave() {
      await role.leave();
      await gossip.leave();
    },
    stop: () => parts.close(),
  };
}

/** Who does not hear of it compares by itself, later. */
function askToCompare({ lan }: Pools): (node: string) => void {
  return (node) => {
    const filters = [{ kind: "nodes", names: [node] }] as const;
    lan.query(COMPARE_QUERY, new Uint8Array(), { filters }).catch(() => undefined);
  };
}

/** Counts how often another server began to lead. */
function leaderCounter(meter: Pick<Meter, "count">): (leader: string | undefined) => void {
  let known: string | undefined;
  return (leader) => {
    if (leader === undefined || leader === known) return;
    known = leader;
    meter.count("raft.leader_changes");
  };
}

/** Consul's agents expect this event of whoever leads from now on. */
const NEW_LEADER_EVENT = "consul:new-leader";

/** Tells the pool once for each term that this server leads, and as soon as there is a pool. */
function newLeaderEvent(
  nodeName: string,
  pool: () => Pick<Pool, "userEvent"> | undefined,
): (role: { isLeader: boolean; term: number }) => void {
  let toldTerm = 0;
  return ({ isLeader, term }) => {
    const lan = pool();
    if (!isLeader || term === toldTerm || lan === undefined) return;
    toldTerm = term;
    lan.userEvent(NEW_LEADER_EVENT, new TextEncoder().encode(nodeName), false);
  };
}

/** SQLite's files with their write-ahead logs. */
function diskBytes({ dev, dataDir }: Config): { log: number; state: number } {
  const bytes = (name: string) =>
    ["", "-wal"].reduce(
      (sum, end) => sum + (statSync(join(dataDir, name + end), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  return dev ? { log: 0, state: 0 } : { log: bytes(join("raft", "raft.db")), state: bytes("state.db") };
}

/** What the log says of the cluster, after what an operator says by file. */
async function openCluster(
  config: Config,
  nodeId: string,
  { store }: StateParts,
  { hub }: Telemetry,
): Promise<{ opened: OpenedLog; record: StoredJoin }> {
  const log = hub.logger("agent.server");
  const { dev, dataDir } = config;
  let opened = await store.open();
  if (!dev) opened = await recoverByFile({ dataDir, nodeId, store, opened, log });
  opened = await nameLoneServer(store, opened, { id: nodeId, address: serverAddress(config) }, random.uuid, log);
  const files = dev ? new MemoryFileStore() : new DiskFileStore(dataDir);
  return { opened, record: await openJoinRecord(store, files, opened) };
}

/** What a read asks before it answers. */
export function consensusOf({ raft }: Pick<Core, "raft">, holdMs: () => number): Consensus {
  return {
    isLeader: () => raft.isLeader,
    hasLease: () => raft.hasLease(),
    readIndex: (isConfirmed) => raft.readIndex({ isConfirmed, timeoutMs: holdMs() }),
    leaderContactMs: () => raft.leaderContactMs(),
    knownLeader: () => raft.leaderId !== undefined,
  };
}
