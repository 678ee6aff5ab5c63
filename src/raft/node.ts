import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { RaftState, RaftStatus } from "./status.ts";
import type { Entry, EntryType, HardState, LogBounds, LogStore, StateKeeper, StateMachine } from "./types.ts";
import { SNAPSHOT_POLICY, type SnapshotPolicy, Upkeep } from "./upkeep.ts";

/** Beyond these, proposals are refused: the disk is slower than the writers, and waiting longer helps nobody. */
const UNCOMMITTED_ENTRIES_MAX = 8192;
const UNCOMMITTED_BYTES_MAX = 64 * 1024 * 1024;
/** Entries applied before other work of the event loop gets its turn. */
const APPLY_ENTRIES_MAX = 1024;
const REPLAY_READ_BYTES_MAX = 1024 * 1024;

export const noLeader = () => new Refusal("No cluster leader", 500);
/** hashicorp/raft's ErrEnqueueTimeout, which Consul answers when its leader can't keep up. */
const tooManyWrites = () => new Refusal("timed out enqueuing operation", 500);
/** hashicorp/raft's ErrAbortedByRestore. */
const restoring = () => new Refusal("snapshot restored while committing log", 500);

export interface RaftNodeOptions {
  store: LogStore;
  machine: StateMachine;
  log: Logger;
  meter: Meter;
  clock: Clock;
  /** This server's node id; it votes for itself under it. */
  nodeId: string;
  keeper: StateKeeper;
  /** After a restore, when the state is another one: the state machine reads its applied index again, readers wake. */
  onRestored: () => void;
  /** Called once when the state can't follow the log: the process must end, the next start applies again. */
  onFatal: (reason: string) => void;
  snapshotPolicy?: SnapshotPolicy;
}

interface Proposal {
  entry: Entry;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Proposals whose entries reach the disk together. */
interface ProposalGroup {
  appended: Promise<void>;
  proposals: Proposal[];
  startedAtMs: number;
}

/**
 * Starts the server of a cluster of one voter: replays what the state machine hasn't applied yet, makes a new term and
 * its own vote durable, and resolves as leader once the noop of that term is committed and applied.
 */
export async function startRaftNode(options: RaftNodeOptions): Promise<RaftNode> {
  const { hardState, bounds } = await options.store.open();
  const node = new RaftNode(options, hardState, bounds);
  await node.start();
  return node;
}

export class RaftNode {
  readonly #options: RaftNodeOptions;
  #state: RaftState = "Follower";
  #term: number;
  #lastIndex: number;
  #lastTerm: number;
  #commitIndex: number;
  /** Appended and not yet applied, in order of index without holes. */
  #proposals: Proposal[] = [];
  #proposalBytes = 0;
  /** The newest one; it may still grow. */
  #group: ProposalGroup | undefined;
  #applyScheduled = false;
  #applyHolds = 0;
  #isRestoring = false;
  readonly #upkeep: Upkeep;
  /** In order of index. */
  #barriers: { index: number; resolve(): void }[] = [];

  constructor(options: RaftNodeOptions, hardState: HardState, bounds: LogBounds) {
    const { appliedIndex } = options.machine;
    assert(appliedIndex <= bounds.lastIndex, `applied ${appliedIndex} is beyond the log's end ${bounds.lastIndex}`);
    assert(appliedIndex >= bounds.firstIndex - 1, `applied ${appliedIndex} is before the log's start`);
    this.#options = options;
    this.#term = hardState.term;
    this.#lastIndex = bounds.lastIndex;
    this.#lastTerm = bounds.lastTerm;
    // One voter: whatever is durable here is committed.
    this.#commitIndex = bounds.lastIndex;
    const policy = options.snapshotPolicy ?? SNAPSHOT_POLICY;
    this.#upkeep = new Upkeep({ ...options, policy, holdApply: (run) => this.#holdApply(run) });
  }

  /** See `startRaftNode`. */
  async start(): Promise<void> {
    const { store, log, nodeId } = this.#options;
    await this.#replay();
    this.#term = Math.max(this.#term, this.#lastTerm) + 1;
    await store.setHardState({ term: this.#term, votedFor: nodeId });
    this.#state = "Leader";
    await this.#append("noop", "");
    this.#upkeep.start();
    log.info("cluster leadership acquired", { term: this.#term, index: this.#lastIndex });
  }

  async #replay(): Promise<void> {
    const { store, machine, log } = this.#options;
    const from = machine.appliedIndex;
    while (machine.appliedIndex < this.#lastIndex) {
      const next = machine.appliedIndex + 1;
      const entries = await store.read(
        next,
        Math.min(next + APPLY_ENTRIES_MAX - 1, this.#lastIndex),
        REPLAY_READ_BYTES_MAX,
      );
      assert(entries[0]?.index === next, `the log has no entry ${next}`);
      machine.apply(entries);
    }
    if (machine.appliedIndex > from) log.info("replayed the log", { from: from + 1, to: machine.appliedIndex });
  }

  /**
   * Appends a command and resolves with the state machine's result once it is durable and applied. Rejects with the
   * Refusal of the command, or with 500 when this server doesn't lead, can't keep up, or has no space left; then the
   * command is not and will not be in the log. `command` is what `data` says, if the caller has it; it must not change
   * afterwards.
   */
  propose(data: string, command?: unknown): Promise<unknown> {
    if (this.#state !== "Leader") return Promise.reject(noLeader());
    if (this.#isRestoring) return Promise.reject(restoring());
    if (
      this.#proposals.length >= UNCOMMITTED_ENTRIES_MAX ||
      this.#proposalBytes + data.length > UNCOMMITTED_BYTES_MAX
    ) {
      return Promise.reject(tooManyWrites());
    }
    return this.#append("command", data, command);
  }

  /** Resolves when all that was proposed before is applied. */
  barrier(): Promise<void> {
    if (this.#state !== "Leader") return Promise.reject(noLeader());
    return this.#drained();
  }

  /** A snapshot file of all that was proposed before. */
  async saveSnapshot(): Promise<Uint8Array> {
    await this.barrier();
    this.#options.machine.flush();
    return this.#options.keeper.exportArchive();
  }

  /**
   * Replaces the whole state by that of a snapshot file. It is decided once the archive is verified and durable in the
   * data directory: a crash before leaves the old state, a crash after is finished by the next start. Proposals are
   * refused meanwhile. Rejects with a Refusal when the archive is not usable; then nothing has changed.
   */
  async restoreSnapshot(archive: Uint8Array): Promise<void> {
    if (this.#state !== "Leader") throw noLeader();
    if (this.#isRestoring) throw restoring();
    this.#isRestoring = true;
    try {
      await this.#drained();
      await this.#holdApply(() => this.#restore(archive));
    } finally {
      this.#isRestoring = false;
    }
  }

  async #restore(archive: Uint8Array): Promise<void> {
    const { store, keeper, machine, log, onRestored } = this.#options;
    const { index, term } = await keeper.importArchive(archive, this.#lastIndex, this.#term);
    try {
      await store.reset(index, term);
      await keeper.installNewest();
      onRestored();
      assert(machine.appliedIndex === index, `restored to ${machine.appliedIndex}, not ${index}`);
    } catch (error) {
      this.#fail(`a restore could not be finished: ${String(error)}; the next start finishes it`);
      throw error;
    }
    this.#lastIndex = index;
    this.#lastTerm = term;
    this.#commitIndex = index;
    log.info("restored a snapshot", { index });
  }

  /** Cheap: asked by every read. */
  get isLeader(): boolean {
    return this.#state === "Leader";
  }

  status(): RaftStatus {
    const { machine, keeper } = this.#options;
    const { appliedIndex } = machine;
    const snapshot = keeper.snapshots[0];
    return {
      state: this.#state,
      term: this.#term,
      lastLogIndex: this.#lastIndex,
      lastLogTerm: this.#lastTerm,
      commitIndex: this.#commitIndex,
      appliedIndex,
      fsmPending: this.#commitIndex - appliedIndex,
      lastSnapshotIndex: snapshot?.index ?? 0,
      lastSnapshotTerm: snapshot?.term ?? 0,
      peers: 0,
    };
  }

  /** Refuses new proposals and resolves when those under way are answered. The store stays open. */
  async stop(): Promise<void> {
    this.#state = "Shutdown";
    await this.#drained();
    await this.#upkeep.stop();
    this.#options.machine.flush();
  }

  #append(type: EntryType, data: string, command?: unknown): Promise<unknown> {
    const entry: Entry = { index: this.#lastIndex + 1, term: this.#term, type, data, command };
    this.#lastIndex = entry.index;
    this.#lastTerm = entry.term;
    this.#proposalBytes += data.length;
    return new Promise((resolve, reject) => {
      const proposal: Proposal = { entry, resolve, reject };
      this.#proposals.push(proposal);
      const appended = this.#options.store.append([entry]);
      if (appended === this.#group?.appended) this.#group.proposals.push(proposal);
      else this.#startGroup(appended, proposal);
    });
  }

  /** One reaction for all proposals that the store appends together. */
  #startGroup(appended: Promise<void>, first: Proposal): void {
    const group: ProposalGroup = { appended, proposals: [first], startedAtMs: this.#options.clock.monotonicMs() };
    this.#group = group;
    appended.then(
      () => this.#committed(group),
      (error: unknown) => {
        for (const proposal of group.proposals) this.#refused(proposal, error);
      },
    );
  }

  #drained(): Promise<void> {
    if (this.#proposals.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#barriers.push({ index: this.#lastIndex, resolve }));
  }

  #committed({ proposals, startedAtMs }: ProposalGroup): void {
    this.#commitIndex = proposals.at(-1)?.entry.index ?? this.#commitIndex;
    this.#options.meter.sample("raft.commitTime", this.#options.clock.monotonicMs() - startedAtMs);
    this.#scheduleApply();
  }

  /**
   * The store settles the appends of one fsync in one go, so their reactions run right after each other: queued behind
   * them, one apply serves the whole group.
   */
  #scheduleApply(): void {
    if (this.#applyScheduled || this.#applyHolds > 0) return;
    this.#applyScheduled = true;
    queueMicrotask(() => this.#apply());
  }

  #apply(): void {
    this.#applyScheduled = false;
    if (this.#applyHolds > 0) return;
    const { machine, meter, clock } = this.#options;
    const count = Math.min(this.#commitIndex - machine.appliedIndex, APPLY_ENTRIES_MAX);
    const proposals = this.#proposals.splice(0, count);
    let results: unknown[];
    try {
      results = machine.apply(proposals.map(({ entry }) => entry));
    } catch (error) {
      // The entries stay in the log: their proposers can't be told yes or no.
      this.#fail(`can't apply entry ${machine.appliedIndex + 1}: ${String(error)}`);
      return;
    }
    for (const [at, proposal] of proposals.entries()) {
      this.#proposalBytes -= proposal.entry.data.length;
      const result = results[at];
      if (result instanceof Refusal) proposal.reject(result);
      else proposal.resolve(result);
    }
    meter.count("raft.apply", count);
    this.#upkeep.wake();
    this.#wakeBarriers();
    if (machine.appliedIndex < this.#commitIndex && !this.#applyScheduled) {
      this.#applyScheduled = true;
      clock.after(0, () => this.#apply());
    }
  }

  /** The database belongs to the keeper while `run` is under way; what commits meanwhile is applied afterwards. */
  async #holdApply<T>(run: () => Promise<T>): Promise<T> {
    this.#applyHolds++;
    try {
      this.#options.machine.flush();
      return await run();
    } finally {
      this.#applyHolds--;
      if (this.#commitIndex > this.#options.machine.appliedIndex) this.#scheduleApply();
    }
  }

  #fail(reason: string): void {
    this.#state = "Shutdown";
    this.#options.onFatal(reason);
  }

  /** Nothing of this proposal or of those after it is in the log, see `LogStore.append`; their indexes are free again. */
  #refused(proposal: Proposal, error: unknown): void {
    const at = this.#proposals.indexOf(proposal);
    if (at >= 0) {
      const cut = this.#proposals.splice(at);
      for (const { entry } of cut) this.#proposalBytes -= entry.data.length;
      this.#lastIndex = proposal.entry.index - 1;
      this.#wakeBarriers();
    }
    proposal.reject(error);
  }

  #wakeBarriers(): void {
    const reached = Math.min(this.#options.machine.appliedIndex, this.#lastIndex);
    while (this.#barriers[0] !== undefined && (this.#barriers[0].index <= reached || this.#proposals.length === 0)) {
      this.#barriers.shift()?.resolve();
    }
  }
}
