import type { Configuration } from "../../../src/raft/configuration.ts";
import type { Message } from "../../../src/raft/core/messages.ts";
import type { CoreOptions } from "../../../src/raft/core/types.ts";
import { Checker } from "../check/checker.ts";
import { must } from "../check/violation.ts";
import type { Plan } from "../plan/plan.ts";
import type { Swarm } from "../plan/swarm.ts";
import { Random } from "../random.ts";
import { Client } from "./clients.ts";
import { Clock } from "./clock.ts";
import type { Core, MakeCore } from "./core.ts";
import { Disk } from "./disk.ts";
import { Network } from "./network.ts";
import { Operator } from "./operator.ts";
import { EventQueue } from "./queue.ts";
import { Server, type Surroundings } from "./server.ts";

/** Names of the generations of data that a host had: a server whose data were lost comes back as another one. */
const GENERATIONS = ["", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/** At one moment; far more than a cluster can have to do. */
const EVENTS_AT_ONCE_MAX = 20_000;
/** Once all is healed, a message takes this part of the election timeout at most, on the average. */
const HEALED_DELAY_PART = 0.01;

/** Hosts, network, clients and operator of one run, on one clock. */
export class World implements Surroundings {
  readonly plan: Plan;
  readonly swarm: Swarm;
  readonly trace: ((line: string) => void) | undefined;
  readonly checker: Checker;
  readonly network: Network;
  readonly operator: Operator;
  readonly clients: Client[] = [];
  /** By id; also those that are gone. */
  readonly servers = new Map<string, Server>();
  /** The server that has its data on a host now. */
  readonly #onHost = new Map<number, Server>();
  readonly #generations = new Map<number, number>();
  readonly #clocks = new Map<number, Clock>();
  readonly #queue = new EventQueue();
  readonly #randoms = new Map<string, Random>();
  readonly #makeCore: MakeCore;
  /** Nothing goes wrong any more. */
  isHealing = false;
  readonly #founders = new Set<string>();
  #founding: Configuration = { servers: [] };
  nowMs = 0;
  events = 0;
  #sinceMoved = 0;
  /** What befalls those who are elected. */
  topples: { rounds: number; afterMsMax: number; forMs: number; writes: number }[] = [];
  /** What befalls those who give a server its vote, and who leads next. */
  orphans: { forMs: number; lostAfterMs: number }[] = [];
  /** The server that is told what others are not, and until when. */
  #orphan: { server: Server; untilMs: number; lostAfterMs: number } | undefined;
  /** What befalls those who install a snapshot. */
  interrupts: { times: number; afterMsMax: number; downMs: number; isPowerCut: boolean }[] = [];
  /** Messages of some kinds that take longer. */
  late: { messages: readonly Message["type"][]; byMsMax: number; untilMs: number } | undefined;
  /** Servers that clients ask; undefined: all. */
  asked: readonly Server[] | undefined;

  constructor(plan: Plan, makeCore: MakeCore, trace: ((line: string) => void) | undefined) {
    this.plan = plan;
    this.swarm = plan.swarm;
    this.#makeCore = makeCore;
    this.trace = trace && ((line) => trace(`${this.nowMs.toFixed(3).padStart(10)} ${line}`));
    this.checker = new Checker(this.servers);
    this.network = new Network(this, this.swarm.network);
    this.operator = new Operator({
      context: this,
      servers: this.servers,
      everyMs: this.swarm.operatorMs,
      committedConfigurationIndex: () => this.checker.committedConfigurationIndex,
      removed: (server) => this.#removed(server),
    });
    this.#foundCluster();
    this.operator.start();
    for (let at = 0; at < this.swarm.clients.count; at++) this.clients.push(this.#newClient(`c${at}`));
    for (const client of this.clients) client.start();
  }

  after(delayMs: number, action: () => void): void {
    this.#queue.push(this.nowMs + Math.max(0, delayMs), action);
  }

  at(ms: number, action: () => void): void {
    this.#queue.push(Math.max(ms, this.nowMs), action);
  }

  random(concern: string): Random {
    const known = this.#randoms.get(concern);
    if (known !== undefined) return known;
    const random = new Random(this.plan.seed, concern);
    this.#randoms.set(concern, random);
    return random;
  }

  /** Lets the next thing happen; false when it would be later than `untilMs`, which it is then. */
  next(untilMs: number): boolean {
    const event = this.#queue.nextMs > untilMs ? undefined : this.#queue.pop();
    if (event === undefined) {
      this.nowMs = untilMs;
      return false;
    }
    this.#sinceMoved = event.atMs > this.nowMs ? 0 : this.#sinceMoved + 1;
    must(
      this.#sinceMoved < EVENTS_AT_ONCE_MAX,
      "liveness",
      () => "servers are busy without end, and time stands still",
    );
    this.nowMs = event.atMs;
    this.events++;
    event.action();
    return true;
  }

  /** Lets all happen up to a time. */
  run(untilMs: number): void {
    while (this.next(untilMs));
  }

  /** No link is cut or slow any more. */
  restoreLinks(): void {
    this.network.heal(this.swarm.timing.electionTimeoutMs * HEALED_DELAY_PART);
  }

  /** Faults end, and clients stop asking of their own accord. */
  heal(): void {
    this.restoreLinks();
    for (const client of this.clients) client.isActive = false;
    this.isHealing = true;
    for (const server of this.alive()) {
      server.disk.heal();
      server.crashPlan = undefined;
      this.resume(server);
      if (server.isUp) this.#bootstrap(server);
      else this.restart(server);
    }
  }

  resume(server: Server): void {
    if (!server.isPaused) return;
    this.trace?.(`${server.id} goes on`);
    const leader = this.leader();
    if (server.status.role === "leader" && leader !== server) this.checker.mark("old leader comes back from a pause");
    server.resume();
  }

  makeCore(options: CoreOptions): Core {
    return this.#makeCore(options);
  }

  /** Those that are not gone. */
  alive(): Server[] {
    return [...this.#onHost.values()];
  }

  onHost(host: number): Server | undefined {
    return this.#onHost.get(host);
  }

  /** The one of the highest term, if several think so. */
  leader(): Server | undefined {
    let found: Server | undefined;
    for (const server of this.#onHost.values()) {
      if (!server.isUp || server.status.role !== "leader") continue;
      if (found === undefined || server.status.term > found.status.term) found = server;
    }
    return found;
  }

  promoting(leader: Server, id: string): void {
    const promoted = this.servers.get(id);
    if (promoted === undefined || this.isHealing) return;
    const orphan = this.orphans.shift();
    if (orphan === undefined) return;
    const { forMs, lostAfterMs } = orphan;
    this.trace?.(`${leader.id} is cut off, as it gives ${id} a vote`);
    this.#isolate(leader, [], forMs);
    this.#orphan = { server: promoted, untilMs: this.nowMs + forMs, lostAfterMs };
  }

  /** Who leads next tells only the server that does not know of its vote, and its disk is lost. */
  #orphanElected(leader: Server): void {
    const orphan = this.#orphan;
    if (orphan === undefined || orphan.untilMs < this.nowMs || this.isHealing) return;
    this.#orphan = undefined;
    this.trace?.(`${leader.id} reaches only ${orphan.server.id}, as it was elected`);
    this.#isolate(leader, [orphan.server], orphan.untilMs - this.nowMs);
    this.after(orphan.lostAfterMs, () => {
      if (this.isHealing || !leader.isUp) return;
      leader.disk.isDamaged = true;
      this.crash(leader, this.swarm.timing.electionTimeoutMs, true);
    });
  }

  #isolate(server: Server, but: readonly Server[], forMs: number): void {
    for (const other of this.alive()) {
      if (other === server || but.includes(other)) continue;
      this.network.cut(server.host, other.host, forMs);
      this.network.cut(other.host, server.host, forMs);
    }
  }

  elected(server: Server): void {
    this.#orphanElected(server);
    const topple = this.topples[0];
    if (topple === undefined || this.isHealing) return;
    topple.rounds--;
    if (topple.rounds <= 0) this.topples.shift();
    this.after(topple.afterMsMax * this.random("topples").next(), () => {
      if (this.isHealing) return;
      this.trace?.(`${server.id} is cut off, as it was elected`);
      this.#isolate(server, [], topple.forMs);
      for (let n = 0; n < topple.writes; n++) this.clients[n % this.clients.length]?.write(server);
    });
  }

  installing(server: Server): void {
    const interrupt = this.interrupts[0];
    if (interrupt === undefined || this.isHealing) return;
    interrupt.times--;
    if (interrupt.times <= 0) this.interrupts.shift();
    server.later(interrupt.afterMsMax * this.random("interrupts").next(), () =>
      this.crash(server, interrupt.downMs, interrupt.isPowerCut),
    );
  }

  send(from: Server, message: Message): void {
    const to = this.servers.get(message.to);
    if (to === undefined || to.isGone) return;
    const leave = () => this.network.send(from.host, to.host, () => to.receive(message));
    const { late } = this;
    if (late === undefined || !late.messages.includes(message.type) || late.untilMs < this.nowMs || this.isHealing)
      leave();
    else this.after(this.random("late").next() * late.byMsMax, leave);
  }

  call(from: Server, toId: string, request: (peer: Server) => void): void {
    const to = this.servers.get(toId);
    if (to !== undefined && !to.isGone) this.#once(from, to, () => request(to));
  }

  reply(from: Server, to: Server, answer: () => void): void {
    this.#once(from, to, answer);
  }

  /** A call is carried out once, whatever the network does to its packets. */
  #once(from: Server, to: Server, action: () => void): void {
    let isDone = false;
    this.network.send(from.host, to.host, () => {
      if (isDone) return;
      isDone = true;
      action();
    });
  }

  crash(server: Server, downMs: number, isPowerCut: boolean): void {
    if (!server.isUp) return;
    this.trace?.(`${server.id} ${isPowerCut ? "loses power" : "is killed"} for ${downMs.toFixed(0)} ms`);
    server.stop(isPowerCut);
    this.after(downMs, () => this.restart(server));
  }

  restart(server: Server): void {
    if (server.isUp || server.isGone) return;
    if (server.disk.isDamaged && this.operator.isDispensable(server.id)) this.#reformat(server);
    else {
      server.disk.isDamaged = false;
      server.start();
      this.#bootstrap(server);
    }
  }

  /** A server that is to found the cluster does so again when a crash or a full disk has undone it. */
  #bootstrap(server: Server): void {
    const { lastIndex, term } = server.status;
    if (this.#founders.has(server.id) && lastIndex === 0 && term <= 1) server.bootstrap(this.#founding);
  }

  /** An empty server on a host that has none. */
  install(host: number): Server {
    const generation = this.#generations.get(host) ?? 0;
    this.#generations.set(host, generation + 1);
    const id = `s${host}${GENERATIONS[generation] ?? `-${generation}`}`;
    const server = new Server(this, id, host, new Disk(this, this.swarm.disk), this.#clock(host));
    if (this.isHealing) server.disk.heal();
    this.servers.set(id, server);
    this.#onHost.set(host, server);
    server.start();
    return server;
  }

  /** What it had is lost for good: another server takes the host, and its place in the cluster. */
  #reformat(server: Server): void {
    this.trace?.(`${server.id} is damaged`);
    this.checker.mark("damaged server comes back as a new one");
    const { host } = server;
    const wasMember =
      this.leader()?.status.configuration.configuration.servers.some(({ id }) => id === server.id) ?? true;
    server.isGone = true;
    const fresh = this.install(host);
    if (!wasMember) return;
    this.operator.want({ kind: "join", id: fresh.id });
    this.operator.want({ kind: "remove", id: server.id });
  }

  /** A server and its data are gone. */
  lose(server: Server): void {
    if (server.isUp) server.stop(false);
    server.isGone = true;
    this.#onHost.delete(server.host);
  }

  /** A server that was removed still runs for a while. */
  #removed(server: Server): void {
    if (server.isGone) return;
    const restMs = this.random("operator").around(this.swarm.timing.electionTimeoutMs * 3);
    this.after(restMs, () => {
      if (server.isGone || this.#onHost.size === 1) return;
      this.trace?.(`${server.id} is taken away`);
      this.lose(server);
    });
  }

  #foundCluster(): void {
    const servers = Array.from({ length: this.swarm.servers }, (_, host) => this.install(host));
    const configuration: Configuration = {
      servers: servers.map(({ id }) => ({ id, address: `${id}:8300`, voter: true })),
    };
    const random = this.random("founding");
    const isByAll = random.chance(0.5);
    const first = random.pick(servers);
    this.#founding = configuration;
    for (const server of servers) {
      if (isByAll || server === first) this.#founders.add(server.id);
      this.#bootstrap(server);
    }
  }

  #newClient(name: string): Client {
    const { swarm, checker } = this;
    return new Client(
      {
        context: this,
        checker,
        swarm: swarm.clients,
        delayMs: swarm.network.delayMs,
        servers: () => this.asked ?? this.alive(),
      },
      name,
    );
  }

  /** A host's clock goes on at its own speed while its servers come and go. */
  #clock(host: number): Clock {
    const known = this.#clocks.get(host);
    if (known !== undefined) return known;
    const random = this.random("clocks");
    const { driftPart } = this.swarm;
    const clock = new Clock(
      random.whole(0, 1_000_000),
      1 + random.pick([-0.5, 0, 0.5, random.next() - 0.5]) * driftPart,
    );
    this.#clocks.set(host, clock);
    return clock;
  }
}
