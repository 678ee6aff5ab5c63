import type { Configuration } from "../../../src/raft/configuration.ts";
import type { Message } from "../../../src/raft/core/messages.ts";
import type { Change, CoreOptions, CoreStatus, Effect, Event, RefusedReason } from "../../../src/raft/core/types.ts";
import type { Checker } from "../check/checker.ts";
import type { Swarm } from "../plan/swarm.ts";
import type { Random } from "../random.ts";
import { Applier } from "./applier.ts";
import type { Clock } from "./clock.ts";
import type { Context } from "./context.ts";
import type { Core } from "./core.ts";
import type { Disk, DiskUser } from "./disk.ts";
import { LogImage } from "./log-image.ts";
import { commandOf, type Operation, type Version } from "./machine.ts";
import { SnapshotDesk } from "./snapshot-desk.ts";
import { effectText, eventText } from "./texts.ts";

/** What came of a client's operation. `refused` is a promise that it has no effect and never will. */
export type Answer =
  | { outcome: "ok"; index: number; version: Version | undefined; isChanged: boolean }
  | { outcome: "refused"; reason: string }
  | { outcome: "unknown" };

export type ChangeAnswer = { outcome: "proposed"; index: number } | { outcome: "refused"; reason: RefusedReason };

/** What a server needs of the world around it. */
export interface Surroundings extends Context {
  readonly swarm: Swarm;
  readonly checker: Checker;
  /** Faults are over: nothing is slow. */
  readonly isHealing: boolean;
  makeCore(options: CoreOptions): Core;
  send(from: Server, message: Message): void;
  /** Calls `request` on the other server if it is up, over the network. */
  call(from: Server, toId: string, request: (peer: Server) => void): void;
  reply(from: Server, to: Server, answer: () => void): void;
  elected(server: Server): void;
  /** A leader gives another server a vote, and has told nobody yet. */
  promoting(leader: Server, id: string): void;
  installing(server: Server): void;
  crash(server: Server, downMs: number, isPowerCut: boolean): void;
}

/** The shell around one core: carries its effects out, applies what is committed, answers clients. */
export class Server implements DiskUser {
  readonly id: string;
  readonly host: number;
  readonly disk: Disk;
  readonly world: Surroundings;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Undefined while the process does not run. */
  core: Core | undefined;
  /** As of the last step. */
  status!: CoreStatus;
  /** The log as the core has asked for it. */
  view = new LogImage();
  applier!: Applier;
  snapshots!: SnapshotDesk;
  isPaused = false;
  /** Its data are lost or thrown away: it never runs again under this id. */
  isGone = false;
  /** The process ends once so many more effects are carried out. */
  crashPlan: { afterEffects: number; downMs: number; isPowerCut: boolean } | undefined;
  /** Called once the next round of heartbeats has left. */
  afterBeat: (() => void) | undefined;
  /** Called once its lease was looked at for a read. */
  afterLook: (() => void) | undefined;
  /** Of the process: what an earlier one has started must not reach this one. */
  #run = 0;
  #inbox: (() => void)[] = [];
  #wakeMs = Number.POSITIVE_INFINITY;
  #ids = 1;
  readonly #reads = new Map<number, { operation: Operation; answer: (answer: Answer) => void }>();
  readonly #changes = new Map<number, (answer: ChangeAnswer) => void>();
  readonly #proposals = new Map<number, { operation: Operation; answer: (answer: Answer) => void }>();

  constructor(world: Surroundings, id: string, host: number, disk: Disk, clock: Clock) {
    this.world = world;
    this.id = id;
    this.host = host;
    this.disk = disk;
    this.#clock = clock;
    this.#random = world.random("servers");
  }

  get isUp(): boolean {
    return this.core !== undefined;
  }

  get nowMs(): number {
    return this.#clock.showsMs(this.world.nowMs);
  }

  /** Reads that no answer came for yet. */
  get openReads(): number {
    return this.#reads.size;
  }

  start(): void {
    const { world, disk } = this;
    const finished = disk.finishInstall();
    const machine = disk.open(this);
    const { log } = disk;
    this.view = log.clone();
    world.trace?.(
      `${this.id} starts: term ${disk.hardState.term}, log ${log.baseIndex}..${log.lastIndex}, applied ${machine.appliedIndex}`,
    );
    world.checker.starting(this, machine, finished);
    this.core = world.makeCore({
      start: {
        id: this.id,
        hardState: disk.hardState,
        firstIndex: log.baseIndex + 1,
        lastIndex: log.lastIndex,
        termStarts: log.termStarts(),
        configurations: log.configurations(),
        commitIndex: Math.max(machine.appliedIndex, log.baseIndex),
        isForced: log.isForced,
      },
      timing: world.swarm.timing,
      limits: world.swarm.limits,
      random: () => this.#random.next(),
      nowMs: this.nowMs,
    });
    this.status = this.core.status();
    this.applier = new Applier(this, machine, this.status.commitIndex);
    this.snapshots = new SnapshotDesk(this);
    world.checker.started(this);
    this.#schedule();
  }

  /** Nothing of the process is left. */
  stop(isPowerCut: boolean): void {
    this.#run++;
    this.core = undefined;
    this.isPaused = false;
    this.crashPlan = undefined;
    this.afterBeat = undefined;
    this.afterLook = undefined;
    this.#clock.goOn(this.world.nowMs);
    this.#inbox = [];
    this.#wakeMs = Number.POSITIVE_INFINITY;
    this.#reads.clear();
    this.#changes.clear();
    this.#proposals.clear();
    this.world.checker.stopped(this, this.disk.crash(isPowerCut));
  }

  pause(): void {
    this.isPaused = true;
  }

  /** The same, and its clock does not count the time. */
  suspend(): void {
    this.pause();
    this.#clock.stop(this.world.nowMs);
  }

  /** Whether it would answer a read from its own state now. One that is suspended looks at its wall clock before it does. */
  hasLease(appliedIndex: number): boolean {
    return !this.#clock.isStopped && (this.core?.hasLease(this.nowMs, appliedIndex) ?? false);
  }

  /** All that waited happens now; the timer may come before or after. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const waiting = this.#inbox;
    this.#inbox = [];
    const isTimerFirst = this.#random.chance(0.5);
    const run = this.#run;
    if (this.#clock.goOn(this.world.nowMs)) this.step({ type: "slept" });
    if (isTimerFirst && run === this.#run) this.#wake();
    for (const action of waiting) if (run === this.#run) this.#perform(action);
    if (!isTimerFirst && run === this.#run) this.#wake();
  }

  /** In this process, when it is not paused. */
  later(delayMs: number, action: () => void): void {
    const run = this.#run;
    this.world.after(delayMs, () => {
      if (run === this.#run) this.#perform(action);
    });
  }

  /** At once, or when it is not paused any more. */
  #perform(action: () => void): void {
    if (this.isPaused) this.#inbox.push(action);
    else if (this.core !== undefined) action();
  }

  receive(message: Message): void {
    this.#perform(() => this.step({ type: "message", message: received(message) }));
  }

  persisted(id: number): void {
    this.#perform(() => this.step({ type: "persisted", id }));
  }

  appendRefused(id: number, heard: () => void): void {
    this.#perform(() => {
      heard();
      this.step({ type: "appendRefused", id });
    });
  }

  syncFailed(): void {
    this.world.crash(this, this.world.swarm.timing.electionTimeoutMs, false);
  }

  bootstrap(configuration: Configuration): void {
    this.#perform(() => this.step({ type: "bootstrap", configuration }));
  }

  /** The operator gives the other servers up for lost. */
  recover(configuration: Configuration): void {
    this.disk.log.forced = { index: this.disk.log.lastIndex, configuration };
    if (this.isUp) this.#perform(() => this.step({ type: "recover", configuration }));
    else this.start();
  }

  transfer(to: string | undefined): void {
    this.#perform(() => this.step({ type: "transfer", id: this.#ids++, to }));
  }

  change(change: Change, answer: (answer: ChangeAnswer) => void): void {
    this.#perform(() => {
      const id = this.#ids++;
      this.#changes.set(id, answer);
      this.step({ type: "change", id, change });
    });
  }

  /** A client's operation, or one that another server has forwarded. */
  request(operation: Operation, answer: (answer: Answer) => void, isForwarded = false): void {
    this.#perform(() => {
      if (operation.kind === "get") this.#read(operation, answer);
      else this.#write(operation, answer, isForwarded);
    });
  }

  #read(operation: Operation, answer: (answer: Answer) => void): void {
    if (operation.mode === "stale") {
      this.applier.answerRead(operation, answer);
      return;
    }
    const isLeased = operation.mode === "default" && this.hasLease(this.applier.machine.appliedIndex);
    if (isLeased && this.#random.chance(0.5)) this.#readUnderLease(operation, answer);
    else this.#askCore(operation, answer);
  }

  /** The process may stand still after the look at the lease; what it reads is then as of that look at least. */
  #readUnderLease(operation: Operation, answer: (answer: Answer) => void): void {
    this.later(0, () => {
      const { appliedIndex } = this.applier.machine;
      if (!this.hasLease(appliedIndex)) this.world.checker.mark("read after the lease that it was looked up for");
      this.world.checker.readUnderLease(this, operation, appliedIndex);
      this.applier.answerRead(operation, answer);
    });
    const { afterLook } = this;
    this.afterLook = undefined;
    afterLook?.();
  }

  #askCore(operation: Operation, answer: (answer: Answer) => void): void {
    const id = this.#ids++;
    this.#reads.set(id, { operation, answer });
    this.step({ type: "read", id, isConfirmed: operation.mode === "consistent" });
  }

  #write(operation: Operation, answer: (answer: Answer) => void, isForwarded: boolean): void {
    const { role, leader } = this.status;
    if (role === "leader") {
      const id = this.#ids++;
      this.#proposals.set(id, { operation, answer });
      const type = operation.kind === "restore" ? "restore" : "command";
      this.step({ type: "propose", id, drafts: [{ type, data: commandOf(operation) }] });
    } else if (leader === undefined || isForwarded) {
      answer({ outcome: "refused", reason: "no leader" });
    } else {
      this.world.call(this, leader, (peer) =>
        peer.request(operation, (result) => this.world.reply(peer, this, () => answer(result)), true),
      );
    }
  }

  step(event: Event): void {
    const core = this.core;
    if (core === undefined) return;
    const { world } = this;
    world.trace?.(`${this.id} < ${eventText(event)}`);
    const before = this.status;
    const effects = core.step(event, this.nowMs);
    this.status = core.status();
    for (const effect of effects) this.#follow(effect, before);
    if (event.type === "appendRefused") this.#cutView();
    world.checker.stepped(this, event, effects, before);
    if (this.status.role === "leader" && before.role !== "leader") world.elected(this);
    if (event.type === "change" && event.change.kind === "promote" && this.status.lastIndex > before.lastIndex)
      world.promoting(this, event.change.serverId);
    const run = this.#run;
    for (const effect of effects) {
      const plan = this.crashPlan;
      if (plan !== undefined && plan.afterEffects-- <= 0) {
        if (effect !== effects[0]) world.checker.mark("crash between effects of a step");
        world.crash(this, plan.downMs, plan.isPowerCut);
        return;
      }
      world.trace?.(`${this.id}   > ${effectText(effect)}`);
      this.#carryOut(effect);
      if (run !== this.#run) return;
    }
    this.applier.pump();
    this.#schedule();
    if (this.afterBeat === undefined) return;
    if (!effects.some((effect) => effect.type === "send" && effect.message.type === "heartbeat")) return;
    const { afterBeat } = this;
    this.afterBeat = undefined;
    afterBeat();
  }

  /** The view is what the core believes as soon as its step has ended. */
  #follow(effect: Effect, before: CoreStatus): void {
    if (effect.type !== "persist" || effect.append === undefined) return;
    const { entries, truncateFrom } = effect.append;
    this.world.checker.appending(this, entries, truncateFrom, before);
    this.view.append(entries, truncateFrom);
  }

  /** What was refused is not in the log, and never was on the disk. */
  #cutView(): void {
    const end = this.status.lastIndex + 1;
    if (end <= this.view.lastIndex) this.view.append([], end);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "send":
        this.world.checker.sending(this, effect.message);
        this.world.send(this, effect.message);
        return;
      case "persist":
        this.disk.persist(effect.id, effect.hardState, effect.append);
        return;
      case "proposed":
        this.#proposed(effect.id, effect.firstIndex, effect.term);
        return;
      case "refused":
        this.#refused(effect.id, effect.reason);
        return;
      case "dropped":
        this.world.checker.dropped(this, effect.fromIndex);
        this.applier.dropped(effect.fromIndex);
        return;
      case "commit":
        this.applier.committed(effect.index);
        return;
      case "role":
        if (effect.role !== "leader") this.applier.leadershipLost();
        return;
      case "readReady":
      case "readFailed":
        this.#readEnded(effect.id, effect.type === "readReady" ? effect.index : undefined);
        return;
      case "readEntries": {
        const { to, from, entriesMax } = effect;
        this.disk.read(from, from + entriesMax - 1, (entries) =>
          this.#perform(() => this.step({ type: "entriesRead", to, from, entries })),
        );
        return;
      }
      case "readSnapshot":
        this.snapshots.read(effect);
        return;
      case "writeChunk":
        this.snapshots.write(effect);
        return;
      case "installSnapshot":
        this.snapshots.install(effect.snapshot);
        return;
      case "configuration":
      case "transferred":
        return;
    }
  }

  #proposed(id: number, index: number, term: number): void {
    const proposal = this.#proposals.get(id);
    if (proposal !== undefined) this.applier.await(index, term, proposal.operation, proposal.answer);
    this.#proposals.delete(id);
    this.#changes.get(id)?.({ outcome: "proposed", index });
    this.#changes.delete(id);
  }

  #refused(id: number, reason: RefusedReason): void {
    const proposal = this.#proposals.get(id);
    if (proposal !== undefined) this.world.checker.refused(proposal.operation.id);
    proposal?.answer({ outcome: "refused", reason });
    this.#proposals.delete(id);
    this.#changes.get(id)?.({ outcome: "refused", reason });
    this.#changes.delete(id);
  }

  #readEnded(id: number, index: number | undefined): void {
    const read = this.#reads.get(id);
    if (read === undefined) return;
    this.#reads.delete(id);
    if (index === undefined) {
      read.answer({ outcome: "refused", reason: "no leader" });
      return;
    }
    this.world.checker.readReady(this, read.operation, index);
    this.applier.awaitRead(index, read.operation, read.answer);
  }

  /** One timer at a time is ahead; one that another has made too late is forgotten when it fires. */
  #schedule(): void {
    const deadlineMs = this.core?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const { nowMs, swarm } = this.world;
    const dueMs = Math.max(nowMs, this.#clock.worldMs(deadlineMs));
    if (dueMs >= this.#wakeMs) return;
    this.#wakeMs = dueMs;
    const lagMs = swarm.timerLagMsMax === 0 ? 0 : this.#random.next() * swarm.timerLagMsMax;
    const run = this.#run;
    this.world.after(dueMs + lagMs - nowMs, () => {
      // A timer that is due while the process is paused fires when it goes on.
      if (run === this.#run && this.#wakeMs === dueMs && !this.isPaused) this.#wake();
    });
  }

  #wake(): void {
    this.#wakeMs = Number.POSITIVE_INFINITY;
    if (this.core !== undefined && this.core.nextDeadlineMs <= this.nowMs) this.step({ type: "tick" });
    else this.#schedule();
  }
}

/** What is told apart by its identity shares nothing with what was sent, as if it had travelled as bytes. */
function received(message: Message): Message {
  return message.type === "snapshotChunk" ? { ...message, snapshot: { ...message.snapshot } } : message;
}
