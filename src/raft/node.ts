import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { RaftState, RaftStatus } from "./status.ts";
import type { Entry, EntryType, HardState, LogBounds, LogStore, StateMachine } from "./types.ts";

/** Beyond these, proposals are refused: the disk is slower than the writers, and waiting longer helps nobody. */
const UNCOMMITTED_ENTRIES_MAX = 8192;
const UNCOMMITTED_BYTES_MAX = 64 * 1024 * 1024;
/** Entries applied before other work of the event loop gets its turn. */
const APPLY_ENTRIES_MAX = 1024;
const REPLAY_READ_BYTES_MAX = 1024 * 1024;

export const noLeader = () => new Refusal("No cluster leader", 500);
/** hashicorp/raft's ErrEnqueueTimeout, which Consul answers when its leader can't keep up. */
const tooManyWrites = () => new Refusal("timed out enqueuing operation", 500);

export interface RaftNodeOptions {
  store: LogStore;
  machine: StateMachine;
  log: Logger;
  meter: Meter;
  clock: Clock;
  /** This server's node id; it votes for itself under it. */
  nodeId: string;
  /** Called once when an entry can't be applied: the state is behind the log and the process must end. */
  onFatal: (reason: string) => void;
}

interface Proposal {
  entry: Entry;
  proposedAtMs: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
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
  #applyScheduled = false;
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
  }

  /** See `startRaftNode`. */
  async start(): Promise<void> {
    const { store, log, nodeId } = this.#options;
    await this.#replay();
    this.#term = Math.max(this.#term, this.#lastTerm) + 1;
    await store.setHardState({ term: this.#term, votedFor: nodeId });
    this.#state = "Leader";
    await this.#append("noop", "");
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
   * command is not and will not be in the log.
   */
  propose(data: string): Promise<unknown> {
    if (this.#state !== "Leader") return Promise.reject(noLeader());
    if (
      this.#proposals.length >= UNCOMMITTED_ENTRIES_MAX ||
      this.#proposalBytes + data.length > UNCOMMITTED_BYTES_MAX
    ) {
      return Promise.reject(tooManyWrites());
    }
    return this.#append("command", data);
  }

  /** Resolves when all that was proposed before is applied. */
  barrier(): Promise<void> {
    if (this.#state !== "Leader") return Promise.reject(noLeader());
    return this.#drained();
  }

  status(): RaftStatus {
    const { appliedIndex } = this.#options.machine;
    return {
      state: this.#state,
      term: this.#term,
      lastLogIndex: this.#lastIndex,
      lastLogTerm: this.#lastTerm,
      commitIndex: this.#commitIndex,
      appliedIndex,
      fsmPending: this.#commitIndex - appliedIndex,
      lastSnapshotIndex: 0,
      lastSnapshotTerm: 0,
      peers: 0,
    };
  }

  /** Refuses new proposals and resolves when those under way are answered. The store stays open. */
  async stop(): Promise<void> {
    this.#state = "Shutdown";
    await this.#drained();
  }

  #append(type: EntryType, data: string): Promise<unknown> {
    const entry: Entry = { index: this.#lastIndex + 1, term: this.#term, type, data };
    this.#lastIndex = entry.index;
    this.#lastTerm = entry.term;
    this.#proposalBytes += data.length;
    return new Promise((resolve, reject) => {
      const proposal: Proposal = { entry, proposedAtMs: this.#options.clock.monotonicMs(), resolve, reject };
      this.#proposals.push(proposal);
      this.#options.store.append([entry]).then(
        () => this.#committed(proposal),
        (error: unknown) => this.#refused(proposal, error),
      );
    });
  }

  #drained(): Promise<void> {
    if (this.#proposals.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#barriers.push({ index: this.#lastIndex, resolve }));
  }

  #committed(proposal: Proposal): void {
    this.#commitIndex = proposal.entry.index;
    this.#scheduleApply();
  }

  /**
   * The store settles the appends of one fsync in one go, so their reactions run right after each other: queued behind
   * them, one apply serves the whole group.
   */
  #scheduleApply(): void {
    if (this.#applyScheduled) return;
    this.#applyScheduled = true;
    queueMicrotask(() => this.#apply());
  }

  #apply(): void {
    this.#applyScheduled = false;
    const { machine, meter, clock } = this.#options;
    const count = Math.min(this.#commitIndex - machine.appliedIndex, APPLY_ENTRIES_MAX);
    const proposals = this.#proposals.splice(0, count);
    let results: unknown[];
    try {
      results = machine.apply(proposals.map(({ entry }) => entry));
    } catch (error) {
      this.#stopApplying(error);
      return;
    }
    const now = clock.monotonicMs();
    for (const [at, proposal] of proposals.entries()) {
      this.#proposalBytes -= proposal.entry.data.length;
      const result = results[at];
      if (result instanceof Refusal) proposal.reject(result);
      else proposal.resolve(result);
      meter.sample("raft.commitTime", now - proposal.proposedAtMs);
    }
    meter.count("raft.apply", count);
    this.#wakeBarriers();
    if (machine.appliedIndex < this.#commitIndex && !this.#applyScheduled) {
      this.#applyScheduled = true;
      clock.after(0, () => this.#apply());
    }
  }

  /** The entries stay in the log and are applied by the next start; whether they were can't be said to the proposers. */
  #stopApplying(error: unknown): void {
    this.#state = "Shutdown";
    this.#options.onFatal(`can't apply entry ${this.#options.machine.appliedIndex + 1}: ${String(error)}`);
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
