import { mkdirSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { nodeIdIn } from "../platform/node-id.ts";
import { systemRandom as random } from "../platform/random.ts";
import { noLeader, type RaftNode, startRaftNode } from "../raft/node.ts";
import { measuredPropose } from "../server/measured-propose.ts";
import { Server } from "../server/server.ts";
import { STATE_SCHEMA } from "../state/commands.ts";
import type { StateDb } from "../state/db.ts";
import { Machine } from "../state/machine.ts";
import { migrate } from "../state/migrate.ts";
import { Publisher } from "../state/publisher.ts";
import { RecentChanges } from "../state/recent-changes.ts";
import { openMemoryStorage, openStorage } from "../storage/open.ts";
import { type OpenParts, openAll } from "./open-parts.ts";
import { snapshotPolicy } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

const NS_PER_MS = 1e6;

/** The server role without its edges: storage, log, state, and the leader's duties. */
export interface Core {
  readonly nodeId: string;
  readonly db: StateDb;
  readonly publisher: Publisher;
  readonly recent: RecentChanges;
  readonly raft: RaftNode;
  readonly server: Server;
  /** Answers what is under way, then closes the files. */
  stop(): Promise<void>;
}

/** Opens the data directory (or memory), replays the log and takes the lead. Rejects with a text for the operator. */
export function startCore(
  config: () => Config,
  telemetry: Telemetry,
  onFatal: (reason: string) => void,
): Promise<Core> {
  return openAll((parts) => start(config, telemetry, onFatal, parts));
}

async function start(
  config: () => Config,
  telemetry: Telemetry,
  onFatal: (reason: string) => void,
  parts: OpenParts,
): Promise<Core> {
  const { hub, meter } = telemetry;
  const {
    dataDir,
    dev,
    nodeName,
    advertiseAddr,
    datacenter,
    taggedAddresses,
    nodeMeta,
    ports,
    nodeId: wanted,
  } = config();
  if (!dev) mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const nodeId = nodeIdIn(dev ? undefined : dataDir, wanted, random.uuid);
  const log = hub.logger("agent.server");
  const storage = dev
    ? openMemoryStorage()
    : await openStorage({ dir: dataDir, log: hub.logger("agent.storage"), onFatal });
  parts.add(() => storage.close());
  const { db, store, keeper } = storage;
  migrate(db, STATE_SCHEMA);
  const publisher = new Publisher();
  const machine = new Machine({ db, publisher, clock, onFatal });
  const recent = new RecentChanges(publisher);
  const raft = await startRaftNode({
    store,
    machine,
    keeper,
    clock,
    meter,
    nodeId,
    onFatal,
    snapshotPolicy: snapshotPolicy(config()),
    log: hub.logger("agent.server.raft"),
    onRestored() {
      machine.reload();
      recent.reset(machine.appliedIndex);
      server.resume();
    },
  });
  parts.add(async () => {
    await raft.stop();
    machine.flush();
  });
  const server: Server = new Server({
    db,
    propose: measuredPropose((command) => raft.propose(JSON.stringify(command), command), { meter, clock }),
    clock,
    random,
    log,
    datacenter,
    sessionTtlNsMin: () => config().sessionTtlMinMs * NS_PER_MS,
  });
  parts.add(() => server.stop());
  machine.onLocksDelayed = (keys, lockDelayNs) => server.onLocksDelayed(keys, lockDelayNs);
  meter.count("raft.state.leader");
  await server.lead({
    ID: nodeId,
    Node: nodeName,
    Address: advertiseAddr,
    Datacenter: datacenter,
    TaggedAddresses: { ...taggedAddresses },
    Meta: { ...nodeMeta, "consul-network-segment": "" },
    rpcPort: ports.server,
  });
  return {
    nodeId,
    db,
    publisher,
    recent,
    raft,
    server,
    stop: () => parts.close(),
  };
}

/** What a read asks before it answers; one voter is its own quorum. */
export function consensusOf(raft: RaftNode) {
  const isLeader = () => raft.isLeader;
  return {
    isLeader,
    verifyLeader: () => (isLeader() ? Promise.resolve() : Promise.reject(noLeader())),
  };
}
