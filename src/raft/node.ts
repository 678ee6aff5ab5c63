import type { Clock } from "../ports/clock.ts";
import type { Configuration, IndexedConfiguration } from "./configuration.ts";
import type { Message } from "./core/messages.ts";
import { isAlone, isVoter } from "./core/quorum.ts";
import type { Change, Progress } from "./core/types.ts";
import { Driver } from "./driver/driver.ts";
import { stateOf } from "./driver/measures.ts";
import { proposeRestore } from "./driver/restore.ts";
import type { RaftNodeOptions } from "./options.ts";
import { alreadyBootstrapped, noLeader, restoring } from "./refusals.ts";
import type { RaftStatus } from "./status.ts";
import type { ArchiveDraft, ArchiveFile, ExportedArchive, RestoreOptions, RestoreReport } from "./types.ts";
import { SNAPSHOT_POLICY, Upkeep } from "./upkeep.ts";

/** A stop waits this long for what is under way; then the disk or the other servers are too slow. */
const DRAIN_MS_MAX = 5_000;

/**
 * Starts consensus on an opened log. A server that is the only voter takes the lead: resolves when it has applied all of
 * its log. Any other one resolves as follower of nobody yet; without a configuration it stays so until it is bootstrapped
 * or a leader adds it. Rejects when the lone voter's disk refuses the first entry.
 */
export async function startRaftNode(options: RaftNodeOptions): Promise<RaftNode> {
  const node = new RaftNode(options);
  await node.start();
  return node;
}

export class RaftNode {
  readonly #options: RaftNodeOptions;
  readonly #driver: Driver;
  readonly #upkeep: Upkeep;
  #isRestoring = false;
  #isStopping = false;

  constructor(options: RaftNodeOptions) {
    this.#options = options;
    const driver: Driver = new Driver(options, (entries) => {
      const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
      this.#upkeep.applied(entries.at(-1)?.index ?? 0, bytes);
    });
    this.#driver = driver;
    this.#upkeep = new Upkeep({
      ...options,
      policy: options.snapshotPolicy ?? SNAPSHOT_POLICY,
      holdApply: (run) => driver.applier.hold(run),
      holdConfigurations: (run) => driver.applier.holdConfigurations(run),
      exclusively: (run) => driver.snapshots.exclusively(run),
      configurationAsOf: (index) => driver.configurations.asOf(index),
      progress: () => driver.core.progress(),
      onCompacted: (index) => {
        driver.configurations.forget(index);
        driver.step({ type: "compacted", index });
      },
    });
  }

  /** See `startRaftNode`. */
  async start(): Promise<void> {
    const { log, machine } = this.#options;
    this.#driver.step({ type: "tick" });
    if (this.#isAlone) {
      const from = machine.appliedIndex + 1;
      const { lastIndex } = this.#driver.core.status();
      await this.#lead();
      if (lastIndex >= from) log.info("replayed the log", { from, to: lastIndex });
    }
    this.#upkeep.start();
  }

  get #isAlone(): boolean {
    return isAlone(this.configuration().configuration, this.#options.nodeId);
  }

  /** The only voter's election. Resolves when all of the log is applied. */
  async #lead(): Promise<void> {
    const { barriers, persister } = this.#driver;
    try {
      const leading = barriers.leading();
      this.#driver.step({ type: "campaign" });
      await leading;
      await this.barrier();
    } catch (error) {
      throw persister.refusal ?? error;
    }
  }

  /** Takes a message of another server. */
  receive(message: Message): void {
    this.#driver.step({ type: "message", message });
  }

  /**
   * Appends a command and resolves with the state machine's result once it is committed and applied here. Rejects with
   * the Refusal of the command, or with 500 when this server doesn't lead, can't keep up, or has no space left; then the
   * outcome is `refused`, and the command is not and will not be in the log. When the leadership is lost before it was
   * known, the outcome is `unknown`. `command` is what `data` says, if the caller has it; it must not change afterwards.
   */
  propose(data: string, command?: unknown): Promise<unknown> {
    if (!this.isLeader) return Promise.reject(noLeader());
    if (this.#isRestoring) return Promise.reject(restoring());
    return this.#driver.proposals.propose({ type: "command", data, command });
  }

  /** Resolves when all that was proposed before, here or by leaders before, is applied. Rejects unless this server leads. */
  barrier(): Promise<void> {
    if (!this.isLeader) return Promise.reject(noLeader());
    const { proposals, barriers, core } = this.#driver;
    proposals.flush();
    const { lastIndex } = core.status();
    return this.#options.machine.appliedIndex >= lastIndex ? Promise.resolve() : barriers.applied(lastIndex);
  }

  /**
   * Resolves when the state here covers all that was committed when it was called, so that a read may be answered from
   * it. With `isConfirmed` a majority has said since then who leads; else the leader's lease is enough. Rejects when no
   * leader says so within `timeoutMs`.
   */
  readIndex({ isConfirmed, timeoutMs }: { isConfirmed: boolean; timeoutMs: number }): Promise<void> {
    if (this.#isStopping || this.#driver.isStopped) return Promise.reject(noLeader());
    return this.#driver.reads.read(isConfirmed, timeoutMs);
  }

  /** Whether this server may answer reads of the default mode from its own state right now. Cheap. */
  hasLease(): boolean {
    return this.isLeader && this.#driver.hasLease();
  }

  /** Cheap. */
  get isLeader(): boolean {
    return this.#driver.role === "leader" && !this.#isStopping;
  }

  /** Node id of the leader, if it is known; this server's own when it leads. Cheap. */
  get leaderId(): string | undefined {
    return this.#driver.leader;
  }

  /** Milliseconds since this server heard the leader, 0 when it leads; undefined when it has heard none since the start. */
  leaderContactMs(): number | undefined {
    if (this.isLeader) return 0;
    const { leaderContactMs } = this.#driver.core.status();
    if (leaderContactMs === undefined || !this.#driver.hasHeardLeader) return undefined;
    return Math.max(0, this.#options.clock.monotonicMs() - leaderContactMs);
  }

  /** The newest configuration in the log, committed or not. */
  configuration(): IndexedConfiguration {
    return this.#driver.core.status().configuration;
  }

  /** How far the other servers are; empty but on the leader. */
  progress(): Progress[] {
    return this.#driver.core.progress();
  }

  /** Resolves when the cluster is another one; rejects with a Refusal that says why it is not. */
  async changeConfiguration(change: Change): Promise<void> {
    if (!this.isLeader) throw noLeader();
    await this.#driver.proposals.change(change);
  }

  /** Resolves when this server doesn't lead any more: the one with node id `to` does, or the one that is best prepared. */
  transferLeadership(to?: string): Promise<void> {
    return this.isLeader ? this.#driver.transfer(to) : Promise.reject(noLeader());
  }

  /**
   * Makes a new cluster: every server of it may be told the same configuration. Resolves when it is durable, and when
   * this server is the only voter, when it leads. Refused on a server that has been in a cluster.
   */
  async bootstrap(configuration: Configuration): Promise<void> {
    const { core, persister } = this.#driver;
    const { lastIndex, term } = core.status();
    // Term 1 without an entry: a crash came between the two when it was tried before.
    if (lastIndex > 0 || term > 1) throw alreadyBootstrapped();
    this.#driver.step({ type: "bootstrap", configuration });
    await persister.idle();
    if (persister.refusal !== undefined) throw persister.refusal;
    if (this.#isAlone) await this.#lead();
  }

  /**
   * Declares the other servers lost: `configuration` is the cluster from here on, under a new id. What only they had is
   * gone, so this is done by hand only. Resolves when it is durable, and when this server is the only voter, when it leads.
   */
  async recover(configuration: Configuration, clusterId: string): Promise<void> {
    const { configurations, core, barriers } = this.#driver;
    await this.#driver.snapshots.exclusively(() => this.#options.store.forceConfiguration(configuration, clusterId));
    configurations.replace({ index: core.status().lastIndex, configuration });
    const leading = barriers.leading();
    leading.catch(() => undefined);
    this.#driver.step({ type: "recover", configuration });
    if (!this.#isAlone) return;
    await leading;
    await this.barrier();
  }

  /** A snapshot archive of all that was committed before; with `isStale`, of what this server has. Whoever gets it removes it. */
  async saveSnapshot({ isStale = false, withoutNewer = false } = {}): Promise<ExportedArchive> {
    if (!isStale) await this.barrier();
    this.#options.machine.flush();
    return this.#options.keeper.exportArchive({ configuration: this.configuration() }, { withoutNewer });
  }

  /** For an archive that is to be restored, by this server or another one. */
  newArchive(): Promise<ArchiveDraft> {
    return this.#options.keeper.newArchive();
  }

  /**
   * Replaces the whole state, on every server, by that of an archive, which stays. Other proposals are refused meanwhile. Rejects
   * with a Refusal when the archive is not usable; then nothing has changed. Resolves with what is not served.
   */
  async restoreSnapshot(
    archive: ArchiveFile,
    options: RestoreOptions = { skipUnknown: false },
  ): Promise<RestoreReport> {
    if (!this.isLeader) throw noLeader();
    if (this.#isRestoring) throw restoring();
    this.#isRestoring = true;
    const { keeper, planRestore } = this.#options;
    try {
      return await proposeRestore(archive, options, {
        keeper,
        planRestore,
        propose: (draft) => (this.isLeader ? this.#driver.proposals.propose(draft) : Promise.reject(noLeader())),
      });
    } finally {
      this.#isRestoring = false;
    }
  }

  status(): RaftStatus {
    const { core, role, leader, isStopped } = this.#driver;
    const { term, firstIndex, lastIndex, lastTerm, commitIndex, configuration } = core.status();
    const { machine, keeper, nodeId } = this.#options;
    const { appliedIndex } = machine;
    const snapshot = keeper.snapshots[0];
    const voters = configuration.configuration.servers.filter(({ voter }) => voter).length;
    return {
      state: isStopped || this.#isStopping ? "Shutdown" : stateOf(role),
      term,
      leader,
      leaderContactMs: this.leaderContactMs(),
      firstLogIndex: firstIndex,
      lastLogIndex: lastIndex,
      lastLogTerm: lastTerm,
      commitIndex,
      appliedIndex,
      fsmPending: commitIndex - appliedIndex,
      lastSnapshotIndex: snapshot?.index ?? 0,
      lastSnapshotTerm: snapshot?.term ?? 0,
      peers: isVoter(configuration.configuration, nodeId) ? voters - 1 : 0,
      configuration,
    };
  }

  /**
   * Hands the lead to another voter, if there is one, refuses new proposals and resolves when those under way are
   * answered. The store stays open.
   */
  async stop(): Promise<void> {
    const { proposals, applier, snapshots } = this.#driver;
    const { clock } = this.#options;
    const wasLeader = this.isLeader;
    this.#isStopping = true;
    proposals.flush();
    if (wasLeader && !this.#isAlone) await atMost(DRAIN_MS_MAX, clock, this.#driver.transfer(undefined));
    await atMost(DRAIN_MS_MAX, clock, proposals.drained());
    this.#driver.stop();
    await this.#upkeep.stop();
    await applier.stop();
    await snapshots.exclusively(() => Promise.resolve());
    if (wasLeader) this.#options.onRole({ isLeader: false, term: this.#driver.core.status().term, leader: undefined });
    this.#options.machine.flush();
  }
}

/** Resolves when `done` is settled, however that ends, or after `waitMs`. */
function atMost(waitMs: number, clock: Clock, done: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(waitMs, resolve);
    const end = () => {
      timer.cancel();
      resolve();
    };
    done.then(end, end);
  });
}
