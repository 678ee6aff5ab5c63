import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { IndexedConfiguration } from "./configuration.ts";
import type { Limits, Timing } from "./core/types.ts";
import type { RestorePlan } from "./driver/restore.ts";
import type { RaftTransport } from "./transport.ts";
import type { ArchiveFile, LogStore, OpenedLog, StateKeeper, StateMachine } from "./types.ts";
import type { SnapshotPolicy } from "./upkeep.ts";

export interface RaftRole {
  isLeader: boolean;
  term: number;
  /** Node id, or undefined while nobody is known to lead. */
  leader: string | undefined;
}

export interface RaftNodeOptions {
  store: LogStore;
  /** What `store.open` has found. */
  opened: OpenedLog;
  machine: StateMachine;
  keeper: StateKeeper;
  transport: RaftTransport;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  log: Logger;
  meter: Meter;
  /** This server's identity in the cluster. */
  nodeId: string;
  timing: Timing;
  limits?: Limits;
  snapshotPolicy?: SnapshotPolicy;
  /** How an archive gets into the log. */
  planRestore(archive: ArchiveFile): RestorePlan;
  /** Role, term or leader changed. Also called before `startRaftNode` resolves. */
  onRole(role: RaftRole): void;
  /** Another configuration is in force, committed or not. */
  onConfiguration(configuration: IndexedConfiguration): void;
  /** All state is another one, by a restore or by a leader's snapshot; the machine has taken it up. */
  onReloaded(): void;
  /** Called once when the server can't go on: the process must end, and the next start finds what the log says. */
  onFatal(reason: string): void;
}
