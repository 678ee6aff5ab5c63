import type { Message } from "../../../src/raft/core/messages.ts";
import { LIMITS, type Limits, timingOf } from "../../../src/raft/core/types.ts";
import { type RaftNode, startRaftNode } from "../../../src/raft/node.ts";
import type { RaftRole } from "../../../src/raft/options.ts";
import type { LogStore } from "../../../src/raft/types.ts";
import type { SnapshotPolicy } from "../../../src/raft/upkeep.ts";
import { openMemoryLogStore } from "../../../src/storage/memory-log-store.ts";
import { ManualClock, settle } from "../manual-clock.ts";
import { silentLogger, silentMeter } from "../silent.ts";
import { FakeDisk } from "./fake-disk.ts";
import { FakeState, fakePlan } from "./fake-state.ts";

const DELAY_MS = 1;
export const TIMING = timingOf(750);

interface Member {
  store: LogStore;
  state: FakeState;
  disk: FakeDisk;
  node: RaftNode | undefined;
  roles: RaftRole[];
  fatal: string[];
}

/** What the storage does at a start: a crash may have come between a leader's snapshot and the log's and state's part. */
async function finishInstall({ store, state }: Member): Promise<void> {
  const newest = state.keeper.snapshots[0];
  if (newest === undefined) return;
  const { bounds, termStarts } = await store.open();
  const inLog = termStarts.findLast((start) => start.index <= newest.index)?.term === newest.term;
  const isInstalled = newest.index < bounds.firstIndex || (newest.index <= bounds.lastIndex && inLog);
  if (!isInstalled) await store.reset(newest.index, newest.term, newest.configuration);
  if (state.saved.index < newest.index) await state.keeper.installNewest();
}

/** Servers on a clock and a network that the test moves. Messages take a millisecond. */
export class Cluster {
  readonly clock = new ManualClock();
  readonly ids: string[];
  /** Asked before each message is carried; false loses it. */
  carries: (message: Message) => boolean = () => true;
  readonly sent: Message[] = [];
  readonly #members = new Map<string, Member>();
  readonly #limits: Limits;
  readonly #policy: SnapshotPolicy | undefined;
  #underWay: { dueMs: number; message: Message }[] = [];
  #seed = 1;

  constructor(ids: string[], options: { limits?: Partial<Limits>; policy?: SnapshotPolicy } = {}) {
    this.ids = ids;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#policy = options.policy;
  }

  /** Servers with one leader, whose first entry all have applied. */
  static async started(ids: string[], options?: ConstructorParameters<typeof Cluster>[1]): Promise<Cluster> {
    const cluster = new Cluster(ids, options);
    for (const id of ids) await cluster.start(id);
    const servers = ids.map((id) => ({ id, address: `${id}:8300`, voter: true }));
    const done = Promise.all(ids.map((id) => cluster.node(id).bootstrap({ servers })));
    await cluster.until(() => cluster.leaderId !== undefined);
    await done;
    await cluster.until(() => cluster.isEven());
    return cluster;
  }

  async start(id: string): Promise<RaftNode> {
    const member = this.#members.get(id) ?? this.#newMember(id);
    const disk = new FakeDisk(member.store);
    member.disk = disk;
    await finishInstall(member);
    member.state.machine.reload();
    const { clock } = this;
    const starting = startRaftNode({
      store: disk,
      opened: await disk.open(),
      ...member.state,
      transport: { send: (message) => this.#send(message, disk === member.disk) },
      clock,
      random: () => this.#random(),
      log: silentLogger,
      meter: silentMeter,
      nodeId: id,
      timing: TIMING,
      limits: this.#limits,
      ...(this.#policy === undefined ? {} : { snapshotPolicy: this.#policy }),
      planRestore: fakePlan,
      onRole: (role) => member.roles.push(role),
      onConfiguration: () => undefined,
      onReloaded: () => undefined,
      onFatal: (reason) => member.fatal.push(reason),
    });
    const started = await this.outcome(starting);
    if (started instanceof Error) throw started;
    member.node = started;
    return started;
  }

  #newMember(id: string): Member {
    const store = openMemoryLogStore();
    const state = new FakeState();
    const member: Member = { store, state, disk: new FakeDisk(store), node: undefined, roles: [], fatal: [] };
    this.#members.set(id, member);
    return member;
  }

  /** The process dies; what it had on the disk stays. */
  kill(id: string): void {
    const member = this.member(id);
    member.disk.die();
    member.node = undefined;
    member.state = member.state.afterCrash();
  }

  member(id: string): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`no server ${id}`);
    return member;
  }

  node(id: string): RaftNode {
    const { node } = this.member(id);
    if (node === undefined) throw new Error(`${id} does not run`);
    return node;
  }

  rows(id: string): string[] {
    return this.member(id).state.machine.rows;
  }

  get running(): string[] {
    return [...this.#members.keys()].filter((id) => this.member(id).node !== undefined);
  }

  /** Who leads in the newest term. */
  get leaderId(): string | undefined {
    const leaders = this.running.filter((id) => this.node(id).isLeader);
    return leaders.sort((a, b) => this.node(b).status().term - this.node(a).status().term)[0];
  }

  get leader(): RaftNode {
    return this.node(this.leaderId ?? "");
  }

  get followerIds(): string[] {
    return this.running.filter((id) => id !== this.leaderId);
  }

  /** All running servers have applied the same entries, and no leader has more. */
  isEven(): boolean {
    const last = Math.max(...this.running.map((id) => this.node(id).status().lastLogIndex));
    return this.running.every((id) => this.node(id).status().appliedIndex === last);
  }

  /** Lets time pass. */
  async run(ms: number): Promise<void> {
    const end = this.clock.monotonicMs() + ms;
    while (this.clock.monotonicMs() < end) await this.#turn();
  }

  async until(condition: () => boolean, msMax = 20_000): Promise<void> {
    const end = this.clock.monotonicMs() + msMax;
    await settle();
    while (!condition()) {
      if (this.clock.monotonicMs() > end) throw new Error(`it did not happen in ${msMax} ms: ${condition}`);
      await this.#turn();
    }
  }

  /** What becomes of `promise` while time passes. */
  async outcome<T>(promise: Promise<T>, msMax?: number): Promise<T | Error> {
    let result: { value: T | Error } | undefined;
    promise.then(
      (value) => {
        result = { value };
      },
      (error: Error) => {
        result = { value: error };
      },
    );
    await this.until(() => result !== undefined, msMax);
    return result?.value as T | Error;
  }

  async #turn(): Promise<void> {
    this.clock.advance(1);
    const nowMs = this.clock.monotonicMs();
    const due = this.#underWay.filter(({ dueMs }) => dueMs <= nowMs);
    this.#underWay = this.#underWay.filter(({ dueMs }) => dueMs > nowMs);
    for (const { message } of due) this.#members.get(message.to)?.node?.receive(message);
    await settle();
  }

  #send(message: Message, isAlive: boolean): void {
    if (!isAlive || !this.#members.get(message.from)?.node || !this.carries(message)) return;
    this.sent.push(message);
    this.#underWay.push({ dueMs: this.clock.monotonicMs() + DELAY_MS, message });
  }

  /** Park and Miller: the same run every time. */
  #random(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }
}
