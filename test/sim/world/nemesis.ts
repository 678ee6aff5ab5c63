import type { Fault, Target } from "../plan/faults.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

/** How much longer the one is without the leader. */
const BLINK_LONGER_TIMES = 3;
/** When the server of an echo restarts, and how often it reads after that, in parts of how late answers are. */
const ECHO_RESTART_PART = 0.1;
const ECHO_READ_PART = 0.1;
/** When a frozen leader is asked for a read, in parts of the time. */
const FROZEN_READS = [0.5, 0.8, 0.95];

/** Makes a plan's faults happen, each at its time. */
export function unleash(world: World): void {
  for (const fault of world.plan.faults) world.after(fault.atMs, () => new Nemesis(world).strike(fault));
}

class Nemesis {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  strike(fault: Fault) {
    const world = this.#world;
    world.trace?.(`fault ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case "crashAll":
        for (const server of world.alive()) world.crash(server, fault.downMs, fault.isPowerCut);
        return;
      case "clog":
        return this.#clog(fault.from, fault.to, fault.forMs);
      case "partition":
        return this.#partition(fault.cut.side, fault.cut.isOneWay, fault.forMs);
      case "freeze":
        return this.#freeze(fault);
      case "seesaw":
        return this.#seesaw(fault, fault.rounds);
      case "topple":
        world.topples.push({ ...fault });
        return;
      case "blink":
        return this.#blink(fault);
      case "echo":
        return this.#echo(fault);
      case "orphan":
        world.orphans.push({ ...fault });
        return this.#grow();
      case "corner":
        return this.#corner(fault.forMs);
      case "interrupt":
        world.interrupts.push({ ...fault });
        return;
      case "late":
        world.late = { ...fault, untilMs: world.nowMs + fault.forMs };
        return;
      case "estrange":
        return this.#estrange(fault);
      case "unlink":
        return this.#unlink(fault.from, fault.to, fault.isOneWay, fault.forMs);
      case "bounce":
        return this.#bounce(fault);
      case "transfer":
        return this.#transfer(fault.to);
      case "grow":
        return this.#grow();
      default: {
        const server = this.#find(fault.target);
        if (server !== undefined) this.#strikeServer(fault, server);
      }
    }
  }

  #strikeServer(fault: Extract<Fault, { target: Target }>, server: Server) {
    const world = this.#world;
    switch (fault.kind) {
      case "crash":
        if (fault.afterEffects === 0) world.crash(server, fault.downMs, fault.isPowerCut);
        else if (server.isUp)
          server.crashPlan = { afterEffects: fault.afterEffects, downMs: fault.downMs, isPowerCut: fault.isPowerCut };
        return;
      case "damage":
        server.disk.isDamaged = true;
        return world.crash(server, fault.downMs, true);
      case "pause":
      case "suspend":
        return this.#pause(server, fault.forMs, fault.kind === "suspend");
      case "slowDisk":
        server.disk.slowSyncMs = fault.syncMs;
        return world.after(fault.forMs, () => {
          server.disk.slowSyncMs = undefined;
        });
      case "syncError":
        server.disk.willSyncFail = true;
        return;
      case "diskFull":
        // A founder that can't write its first entry has founded nothing: people clear its directory and try again.
        if (world.checker.committedIndex > 0) this.#fillDisk(server, fault.forMs);
        return;
      case "isolate":
        return this.#isolate(server.host, fault.direction, fault.forMs);
      case "shrink":
        return world.operator.want({ kind: "remove", id: server.id });
      case "demote":
        return world.operator.want({ kind: "demote", id: server.id, isDemoted: false });
      case "move":
        return world.operator.want({
          kind: "move",
          id: server.id,
          address: `${server.id}-${Math.floor(fault.atMs)}:8300`,
        });
    }
  }

  #find(target: Target): Server | undefined {
    const world = this.#world;
    if (target !== "leader") return world.onHost(target);
    return world.leader() ?? world.alive()[0];
  }

  #freeze({ after, isSuspended, forMs, cutAfterMs }: Fault & { kind: "freeze" }): void {
    const leader = this.#world.leader();
    if (leader === undefined) return;
    const freeze = () => {
      if (this.#world.isHealing) return;
      this.#pause(leader, forMs, isSuspended);
      // A little longer, so that it has time to speak before it hears of another leader.
      this.#later(cutAfterMs, () => this.#isolate(leader.host, "both", forMs));
      for (const part of FROZEN_READS) {
        this.#later(forMs * part, () => this.#world.clients[0]?.readFrom(leader));
      }
    };
    if (after === "beat") leader.afterBeat = freeze;
    else leader.afterLook = freeze;
  }

  #blink({ forMs, but, late, byMsMax }: Fault & { kind: "blink" }): void {
    const world = this.#world;
    const leader = world.leader();
    if (leader === undefined) return;
    this.#isolate(leader.host, "both", forMs);
    this.#unlink(leader.host, but, false, BLINK_LONGER_TIMES * forMs);
    world.late = { messages: late, byMsMax, untilMs: world.nowMs + 2 * forMs };
  }

  #echo({ target, downMs, byMsMax }: Fault & { kind: "echo" }): void {
    const world = this.#world;
    const server = world.onHost(target);
    if (server === undefined) return;
    world.late = { messages: ["readIndexReply"], byMsMax, untilMs: world.nowMs + byMsMax };
    for (const reader of world.clients) reader.readFrom(server);
    this.#later(byMsMax * ECHO_RESTART_PART, () => world.crash(server, downMs, false));
    for (let part = ECHO_RESTART_PART; part < 1; part += ECHO_READ_PART) {
      this.#later(byMsMax * part, () => world.clients[0]?.readFrom(server));
    }
  }

  #corner(forMs: number): void {
    const world = this.#world;
    const leader = world.leader();
    if (leader === undefined || world.checker.committedIndex === 0) return;
    this.#fillDisk(leader, forMs);
    for (const server of world.alive()) if (server !== leader) world.operator.want({ kind: "remove", id: server.id });
  }

  #fillDisk({ disk }: Server, forMs: number): void {
    disk.isFull = true;
    this.#world.after(forMs, () => {
      disk.isFull = false;
    });
  }

  #pause(server: Server, forMs: number, isSuspended: boolean): void {
    if (!server.isUp) return;
    if (isSuspended) server.suspend();
    else server.pause();
    this.#world.after(forMs, () => this.#world.resume(server));
  }

  #clog(from: Target, to: number, forMs: number): void {
    const sender = this.#find(from);
    if (sender !== undefined) this.#world.network.clog(sender.host, to, forMs);
  }

  #partition(side: readonly number[], isOneWay: boolean, forMs: number): void {
    const { network } = this.#world;
    for (const one of side) {
      for (const other of this.#hosts()) {
        if (side.includes(other)) continue;
        network.cut(one, other, forMs);
        if (!isOneWay) network.cut(other, one, forMs);
      }
    }
  }

  #seesaw(fault: Fault & { kind: "seesaw" }, rounds: number): void {
    const world = this.#world;
    const leader = world.leader();
    if (leader !== undefined) {
      this.#partition([leader.host, ...fault.companions], false, fault.roundMs);
      for (let n = 0; n < fault.writes; n++) world.clients[n % world.clients.length]?.write(leader);
    }
    if (rounds > 1) this.#later(fault.roundMs, () => this.#seesaw(fault, rounds - 1));
  }

  #estrange({ first, laterMs, downMs, forMs }: Fault & { kind: "estrange" }): void {
    const world = this.#world;
    const leader = world.leader();
    if (leader === undefined) return;
    this.#unlink(leader.host, first, false, laterMs + forMs);
    this.#later(laterMs, () => {
      this.#isolate(leader.host, "both", forMs);
      for (const server of world.alive()) {
        if (server !== leader && server.host !== first) world.crash(server, downMs, false);
      }
    });
  }

  #unlink(from: Target, to: number, isOneWay: boolean, forMs: number): void {
    const { network } = this.#world;
    const sender = this.#find(from);
    if (sender === undefined || sender.host === to) return;
    network.cut(sender.host, to, forMs);
    if (!isOneWay) network.cut(to, sender.host, forMs);
  }

  #bounce({ downMs, everyMs, isPowerCut }: Fault & { kind: "bounce" }): void {
    const world = this.#world;
    const leader = world.leader();
    const others = world.alive().filter((server) => server !== leader);
    for (const [at, server] of others.entries())
      this.#later(at * everyMs, () => world.crash(server, downMs, isPowerCut));
  }

  #isolate(host: number, direction: "both" | "in" | "out", forMs: number): void {
    const { network } = this.#world;
    for (const other of this.#hosts()) {
      if (other === host) continue;
      if (direction !== "out") network.cut(other, host, forMs);
      if (direction !== "in") network.cut(host, other, forMs);
    }
  }

  #transfer(to: number | "any"): void {
    const target = to === "any" ? undefined : this.#world.onHost(to)?.id;
    this.#world.leader()?.transfer(target);
  }

  #grow(): void {
    const world = this.#world;
    const free = this.#hosts().find((host) => world.onHost(host) === undefined);
    if (free === undefined) return;
    world.operator.want({ kind: "join", id: world.install(free).id });
  }

  /** Unless all is healed by then. */
  #later(delayMs: number, action: () => void): void {
    this.#world.after(delayMs, () => {
      if (!this.#world.isHealing) action();
    });
  }

  #hosts(): number[] {
    const { servers, spares } = this.#world.swarm;
    return Array.from({ length: servers + spares }, (_, host) => host);
  }
}
