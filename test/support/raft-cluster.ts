import { RaftCore } from "../../src/raft/core/core.ts";
import type { Message } from "../../src/raft/core/messages.ts";
import { type Effect, type Event, LIMITS, type Limits, timingOf } from "../../src/raft/core/types.ts";
import type { Entry, HardState } from "../../src/raft/types.ts";

export const TIMEOUT_MS = 1000;

type Persist = Extract<Effect, { type: "persist" }>;

/** One core with a disk that is a list; durable at once unless it is held. */
export class TestServer {
  readonly id: string;
  core: RaftCore;
  /** What survives a crash. */
  hardState: HardState = { term: 0, votedFor: "" };
  entries: Entry[] = [];
  /** Effects that nobody but the test answers. */
  effects: Effect[] = [];
  /** Writes that wait for `releaseDisk`. */
  held: Persist[] = [];
  isDiskHeld = false;
  isDiskFull = false;
  isDown = false;
  readonly #cluster: TestCluster;
  readonly #seed: number;

  constructor(cluster: TestCluster, id: string, seed: number) {
    this.#cluster = cluster;
    this.id = id;
    this.#seed = seed;
    this.core = this.#boot();
  }

  #boot(): RaftCore {
    let draws = this.#seed;
    const configurations = this.entries
      .filter(({ type }) => type === "configuration")
      .map(({ index, data }) => ({ index, configuration: JSON.parse(data) }));
    const termStarts = [{ index: 0, term: 0 }];
    for (const { index, term } of this.entries) {
      if (term !== termStarts.at(-1)?.term) termStarts.push({ index, term });
    }
    return new RaftCore({
      start: {
        id: this.id,
        hardState: this.hardState,
        firstIndex: 1,
        lastIndex: this.entries.length,
        termStarts,
        configurations,
        commitIndex: 0,
      },
      timing: timingOf(TIMEOUT_MS),
      limits: this.#cluster.limits,
      random: () => {
        draws = (draws * 16807) % 2147483647;
        return draws / 2147483647;
      },
      nowMs: this.#cluster.nowMs,
    });
  }

  crash(): void {
    this.isDown = true;
    this.held = [];
  }

  restart(): void {
    this.isDown = false;
    this.core = this.#boot();
  }

  step(event: Event): void {
    if (this.isDown) return;
    for (const effect of this.core.step(event, this.#cluster.nowMs)) this.#execute(effect);
  }

  #execute(effect: Effect): void {
    if (effect.type === "send") this.#cluster.post(effect.message);
    else if (effect.type === "persist") {
      if (this.isDiskHeld) this.held.push(effect);
      else this.#cluster.later(() => this.#persist(effect));
    } else if (effect.type === "readEntries") {
      const { to, from, entriesMax } = effect;
      const entries = this.entries.slice(from - 1, from - 1 + entriesMax);
      this.#cluster.later(() => this.step({ type: "entriesRead", to, from, entries }));
    } else this.effects.push(effect);
  }

  releaseDisk(): void {
    this.isDiskHeld = false;
    for (const write of this.held.splice(0)) this.#persist(write);
  }

  #persist({ id, hardState, append }: Persist): void {
    if (this.isDown) return;
    if (hardState !== undefined) this.hardState = hardState;
    if (append !== undefined && this.isDiskFull && append.entries.some(({ type }) => type === "command")) {
      this.step({ type: "appendRefused", id });
      return;
    }
    if (append?.truncateFrom !== undefined)
      this.entries.length = Math.min(this.entries.length, append.truncateFrom - 1);
    this.entries.push(...(append?.entries ?? []));
    this.step({ type: "persisted", id });
  }

  take<T extends Effect["type"]>(type: T): Extract<Effect, { type: T }>[] {
    const found = this.effects.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
    this.effects = this.effects.filter((effect) => effect.type !== type);
    return found;
  }
}

/** Cores on one clock and a network that delivers in order what `isCut` lets through. */
export class TestCluster {
  nowMs = 0;
  readonly servers = new Map<string, TestServer>();
  readonly limits: Limits;
  /** Messages that were sent, delivered or not; for looking at. */
  sent: Message[] = [];
  isCut: (message: Message) => boolean = () => false;
  #queue: (() => void)[] = [];

  constructor(ids: readonly string[], limits: Partial<Limits> = {}) {
    this.limits = { ...LIMITS, ...limits };
    for (const [at, id] of ids.entries()) this.servers.set(id, new TestServer(this, id, 7 + 1000 * at));
    const servers = ids.map((id) => ({ id, address: id, voter: true }));
    this.get(ids[0] ?? "").step({ type: "bootstrap", configuration: { servers } });
    this.settle();
  }

  get(id: string): TestServer {
    const server = this.servers.get(id);
    if (server === undefined) throw new Error(`no server ${id}`);
    return server;
  }

  /** A server that is in no configuration yet. */
  add(id: string): TestServer {
    const server = new TestServer(this, id, 7 + 1000 * this.servers.size);
    this.servers.set(id, server);
    return server;
  }

  post(message: Message): void {
    this.sent.push(message);
    if (this.isCut(message)) return;
    this.later(() => this.servers.get(message.to)?.step({ type: "message", message }));
  }

  later(run: () => void): void {
    this.#queue.push(run);
  }

  /** Delivers until nothing moves. */
  settle(): void {
    for (let run = this.#queue.shift(); run !== undefined; run = this.#queue.shift()) run();
  }

  /** Lets time pass, with every timer that is due. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      this.settle();
      const due = Math.min(...[...this.servers.values()].filter((s) => !s.isDown).map((s) => s.core.nextDeadlineMs));
      if (due > end) break;
      this.nowMs = Math.max(this.nowMs, due);
      for (const server of this.servers.values()) server.step({ type: "tick" });
    }
    this.nowMs = end;
  }

  /** Lets time pass until one leads that all living servers follow. */
  elect(): TestServer {
    for (let tries = 0; tries < 100; tries++) {
      const leader = this.leader();
      const living = [...this.servers.values()].filter((server) => !server.isDown);
      if (leader !== undefined && living.every(({ core }) => core.status().leader === leader.id)) return leader;
      this.advance(TIMEOUT_MS / 4);
    }
    throw new Error("nobody was elected");
  }

  /** The leader of the highest term. */
  leader(): TestServer | undefined {
    const leaders = [...this.servers.values()].filter((s) => !s.isDown && s.core.status().role === "leader");
    return leaders.sort((a, b) => b.core.status().term - a.core.status().term)[0];
  }

  propose(server: TestServer, ...datas: string[]): void {
    server.step({ type: "propose", id: 1, drafts: datas.map((data) => ({ type: "command", data })) });
    this.settle();
  }

  /** Cuts a server off in both directions. */
  isolate(id: string): void {
    this.isCut = ({ from, to }) => from === id || to === id;
  }

  heal(): void {
    this.isCut = () => false;
  }
}
