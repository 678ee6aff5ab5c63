import { Refusal } from "../../lib/refusal.ts";
import type { Configuration } from "../configuration.ts";
import { Configurations } from "../core/configurations.ts";
import { RaftCore } from "../core/core.ts";
import { type Effect, type Event, LIMITS, type Limits, type Role } from "../core/types.ts";
import type { RaftNodeOptions } from "../options.ts";
import type { Entry } from "../types.ts";
import { Applier } from "./applier.ts";
import { Barriers } from "./barriers.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { Measures } from "./measures.ts";
import { Persister } from "./persister.ts";
import { Proposals } from "./proposals.ts";
import { Reads } from "./reads.ts";
import { SleepWatch } from "./sleep-watch.ts";
import { Snapshots } from "./snapshots.ts";

const REPLAY_READ_BYTES_MAX = 1024 * 1024;

/**
 * Brings the core together with clock, disk, network and state machine: every event goes through `step`, which executes
 * the effects in their order. Events that arise from effects wait until those are through.
 */
export class Driver {
  readonly core: RaftCore;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly applier: Applier;
  readonly snapshots: Snapshots;
  readonly barriers = new Barriers();
  readonly persister: Persister;
  /** Those that the log on the disk says; the state machine may be behind. */
  readonly configurations: Configurations;
  role: Role = "follower";
  leader: string | undefined;
  hasHeardLeader = false;
  isStopped = false;
  readonly #options: RaftNodeOptions;
  readonly #measures: Measures;
  readonly #timer: DeadlineTimer;
  readonly #sleepWatch: SleepWatch;
  readonly #transfers = new Map<number, { resolve(): void; reject(error: unknown): void }>();
  #nextTransferId = 1;
  #events: Event[] = [];
  #isStepping = false;

  constructor(options: RaftNodeOptions, onApplied: (entries: readonly Entry[]) => void) {
    const { clock, meter, machine, store, timing } = options;
    const limits = options.limits ?? LIMITS;
    this.#options = options;
    this.core = startCore(options, limits);
    this.configurations = new Configurations(options.opened.configurations);
    const step = (event: Event) => this.step(event);
    const onFatal = (reason: string) => this.fail(reason);
    const monotonicMs = () => clock.monotonicMs();
    this.#measures = new Measures(meter, monotonicMs);
    this.#timer = new DeadlineTimer(clock, () => this.#tick());
    this.#sleepWatch = new SleepWatch(clock);
    this.persister = new Persister({
      store,
      monotonicMs,
      step,
      onWritten: (elapsedMs) => this.#measures.onWritten(elapsedMs, this.role === "leader"),
      onIdle: () => this.proposals.onDiskIdle(),
      onFatal: (reason) => (reason === undefined ? this.stop() : this.fail(reason)),
    });
    this.proposals = new Proposals({
      clock,
      meter,
      limits,
      electionTimeoutMs: timing.electionTimeoutMs,
      step,
      isDiskBusy: () => this.persister.isBusy,
    });
    this.reads = new Reads({
      clock,
      meter,
      retryMs: timing.heartbeatMs,
      readsMax: limits.readsMax,
      step,
      appliedIndex: () => machine.appliedIndex,
    });
    this.snapshots = new Snapshots({
      ...options,
      step,
      holdApply: (run) => this.applier.hold(run),
      onReloaded: () => {
        this.#onApplied();
        options.onReloaded();
      },
      onFatal,
    });
    this.applier = new Applier({
      machine,
      clock,
      meter,
      cached: (from, to) => this.proposals.entries(from, to) ?? this.core.entries(from, to),
      read: (from, to) => store.read(from, to, REPLAY_READ_BYTES_MAX),
      restore: (entry) => this.snapshots.restore(entry),
      onApplied: (entries, results) => {
        this.proposals.onApplied(entries, results);
        this.#onApplied();
        onApplied(entries);
        // Entries stay in memory for followers, who get the text.
        for (const entry of entries) if (entry.command !== undefined) entry.command = undefined;
      },
      onFatal,
    });
  }

  #onApplied(): void {
    const { appliedIndex } = this.#options.machine;
    this.reads.onApplied(appliedIndex);
    this.barriers.onApplied(appliedIndex);
  }

  step(event: Event): void {
    if (this.isStopped) return;
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#noticeSleep();
        if (next.type === "message") this.#measures.onReceive(next.message);
        for (const effect of this.core.step(next, this.#options.clock.monotonicMs())) this.#execute(effect);
        if (next.type === "snapshotInstalled" && next.ok) this.configurations.replace(next.snapshot.configuration);
      }
    } catch (error) {
      this.fail(`consensus can't go on: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    } finally {
      this.#isStepping = false;
    }
    if (this.isStopped) return;
    this.applier.apply();
    this.#timer.set(this.core.nextDeadlineMs);
  }

  /** See `RaftCore.hasLease`, as of now. */
  hasLease(): boolean {
    this.#noticeSleep();
    return this.core.hasLease(this.#options.clock.monotonicMs(), this.#options.machine.appliedIndex);
  }

  /** Before the lease is counted on; it has no effects. */
  #noticeSleep(): void {
    const isLeased = this.role === "leader" && this.configurations.latest.configuration.servers.length > 1;
    if (isLeased && this.#sleepWatch.hasSlept()) this.core.step({ type: "slept" }, this.#options.clock.monotonicMs());
  }

  #tick(): void {
    this.step({ type: "tick" });
    this.#measures.onTick(() => this.core.progress());
  }

  #execute(effect: Effect) {
    switch (effect.type) {
      case "send":
        this.#measures.onSend(effect.message);
        return this.#options.transport.send(effect.message);
      case "persist":
        if (effect.append !== undefined) this.#onAppend(effect.append);
        return this.persister.persist(effect);
      case "proposed":
        return this.proposals.onProposed(effect.id, effect.firstIndex, effect.term);
      case "refused":
        return this.proposals.onRefused(effect.id, effect.reason);
      case "dropped":
        this.proposals.onDropped(effect.fromIndex, this.persister.refusal);
        return this.barriers.onDropped(effect.fromIndex, this.#options.machine.appliedIndex);
      case "commit":
        this.applier.commit(effect.index);
        return this.proposals.onCommit(effect.index);
      case "role":
        return this.#onRole(effect);
      case "configuration":
        return this.#options.onConfiguration(effect.configuration);
      case "readReady":
        return this.reads.onReady(effect.id, effect.index);
      case "readFailed":
        return this.reads.onFailed(effect.id);
      case "transferred":
        return this.#onTransferred(effect);
      case "readEntries":
        return this.#readEntries(effect);
      case "readSnapshot":
        return this.snapshots.read(effect);
      case "writeChunk":
        return this.snapshots.write(effect);
      case "installSnapshot":
        return this.snapshots.install(effect);
    }
  }

  #onAppend({ truncateFrom, entries }: NonNullable<Extract<Effect, { type: "persist" }>["append"]>): void {
    if (truncateFrom !== undefined) this.configurations.truncate(truncateFrom);
    for (const { type, index, data } of entries) {
      if (type === "configuration") this.configurations.append(index, JSON.parse(data) as Configuration);
    }
    this.proposals.onAppend(entries);
  }

  #onRole({ role, term, leader }: Extract<Effect, { type: "role" }>): void {
    const before = { role: this.role, leader: this.leader };
    this.role = role;
    this.leader = leader;
    this.#measures.onRole(before.role, role);
    this.#logRole(before, term);
    if (before.role === "leader") {
      this.proposals.onLeadershipLost();
      this.barriers.onLost();
    }
    if (role === "leader") this.barriers.onLeading();
    if (leader !== undefined) {
      this.hasHeardLeader = true;
      this.reads.onLeader();
    }
    this.#options.onRole({ isLeader: role === "leader", term, leader });
  }

  #logRole(before: { role: Role; leader: string | undefined }, term: number): void {
    const { log } = this.#options;
    const { role, leader } = this;
    if (role === "leader") log.info("cluster leadership acquired", { term });
    else if (before.role === "leader") log.info("cluster leadership lost", { term });
    else if (leader !== undefined && leader !== before.leader) log.info("new leader", { leader, term });
    else if (before.leader !== undefined) log.warn("no leader is heard", { leader: before.leader, term });
  }

  transfer(to: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#nextTransferId++;
      this.#transfers.set(id, { resolve, reject });
      this.step({ type: "transfer", id, to });
    });
  }

  #onTransferred({ id, ok, reason }: Extract<Effect, { type: "transferred" }>): void {
    const transfer = this.#transfers.get(id);
    this.#transfers.delete(id);
    if (ok) transfer?.resolve();
    else transfer?.reject(new Refusal(`can't transfer the leadership: ${reason}`));
  }

  #readEntries({ to, from, entriesMax, bytesMax }: Extract<Effect, { type: "readEntries" }>): void {
    this.#options.store.read(from, from + entriesMax - 1, bytesMax).then(
      (entries) =>
        this.step({ type: "entriesRead", to, from, entries: entries[0]?.index === from ? entries : undefined }),
      () => this.step({ type: "entriesRead", to, from, entries: undefined }),
    );
  }

  /** The process must end: what is wrong here does not become right by going on. */
  fail(reason: string): void {
    if (this.isStopped) return;
    this.stop();
    this.#options.onFatal(reason);
  }

  /** Takes and does nothing any more; who still waits is told so. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.role = "follower";
    this.leader = undefined;
    this.#timer.stop();
    this.applier.stop();
    this.proposals.giveUp();
    this.reads.stop();
    this.barriers.stop();
    for (const { reject } of this.#transfers.values()) reject(new Refusal("this server stops"));
    this.#transfers.clear();
  }
}

function startCore({ opened, machine, keeper, nodeId, timing, random, clock }: RaftNodeOptions, limits: Limits) {
  const { hardState, bounds, termStarts, configurations, isForced } = opened;
  const commitIndex = Math.max(machine.appliedIndex, keeper.snapshots[0]?.index ?? 0);
  const { firstIndex, lastIndex } = bounds;
  const start = { id: nodeId, hardState, firstIndex, lastIndex, termStarts, configurations, commitIndex, isForced };
  return new RaftCore({ start, timing, limits, random, nowMs: clock.monotonicMs() });
}
