import type { Configuration } from "../../../src/raft/configuration.ts";
import type { Change } from "../../../src/raft/core/types.ts";
import { votersOf } from "../check/configurations.ts";
import type { Random } from "../random.ts";
import type { Context } from "./context.ts";
import type { Server } from "./server.ts";

/** A change of the membership that somebody wants: reached in steps, through whoever leads. */
export type Goal =
  /** Adds it, waits until it has the log, gives it a vote. */
  | { kind: "join"; id: string }
  | { kind: "remove"; id: string }
  /** Takes its vote and gives it back. */
  | { kind: "demote"; id: string; isDemoted: boolean }
  | { kind: "move"; id: string; address: string };

interface Fleet {
  readonly context: Context;
  /** By id, those that are gone too. */
  readonly servers: ReadonlyMap<string, Server>;
  readonly everyMs: number;
  /** Index of the newest configuration that is committed; older ones decide nothing. */
  committedConfigurationIndex(): number;
  /** It is in no configuration any more. */
  removed(server: Server): void;
}

/** Entries that a new server may lack when it gets its vote. */
const BEHIND_MAX = 3;

/** Part of the turns in which it asks for what can't be. */
const MISTAKE_CHANCE = 0.02;

/** An operator and autopilot in one: tries the next step of each goal from time to time. */
export class Operator {
  readonly #fleet: Fleet;
  readonly #random: Random;
  #goals: Goal[] = [];

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#random = fleet.context.random("operator");
  }

  /** Goals that are not reached yet, and could be. */
  get open(): readonly Goal[] {
    return this.#goals;
  }

  start(): void {
    this.#fleet.context.after(this.#random.around(this.#fleet.everyMs), () => {
      this.#turn();
      this.start();
    });
  }

  /** Takes the place of what was wanted of the same server before. */
  want(goal: Goal): void {
    this.#goals = [...this.#goals.filter(({ id }) => id !== goal.id), goal];
  }

  /** Whether so many voters stay, should one be lost for good, that a majority can be reached. */
  isDispensable(id: string): boolean {
    const from = this.#fleet.committedConfigurationIndex();
    if (from === 0) return false;
    const configurations: Configuration[] = [];
    for (const server of this.#fleet.servers.values()) {
      if (server.isGone) continue;
      for (const { index, configuration } of [...server.disk.log.configurations(), ...server.view.configurations()]) {
        if (index >= from) configurations.push(configuration);
      }
    }
    return configurations.every((configuration) => {
      const voters = votersOf(configuration);
      return !voters.has(id) || this.#isViable(voters, id);
    });
  }

  /** Without voters too: that is asked for, and refused. */
  #isViable(voters: ReadonlySet<string>, without: string | undefined): boolean {
    if (voters.size === 0) return true;
    const there = [...voters].filter((id) => id !== without && this.#fleet.servers.get(id)?.isGone === false);
    return there.length > voters.size / 2;
  }

  #turn(): void {
    const leaders = [...this.#fleet.servers.values()].filter(
      (server) => server.isUp && !server.isPaused && server.status.role === "leader",
    );
    if (this.#random.chance(MISTAKE_CHANCE)) this.#askForNonsense();
    if (leaders.length === 0 || this.#goals.length === 0) return;
    const leader = this.#random.pick(leaders);
    this.#goals = this.#goals.filter((goal) => !this.#isReached(goal, leader));
    const goal = this.#goals.length === 0 ? undefined : this.#random.pick(this.#goals);
    const change = goal && this.#nextStep(goal, leader);
    if (change === undefined) return;
    this.#fleet.context.trace?.(`operator asks ${leader.id}: ${JSON.stringify(change)}`);
    leader.change(change, (answer) => {
      const isDone = answer.outcome === "proposed" || answer.reason === "already so";
      if (goal?.kind === "demote" && change.kind === "demote" && isDone) goal.isDemoted = true;
      if (answer.outcome === "refused" && answer.reason === "last voter")
        this.#goals = this.#goals.filter((each) => each !== goal);
    });
  }

  /** Of anybody, and of somebody who does not exist. */
  #askForNonsense(): void {
    const server = this.#random.pick([...this.#fleet.servers.values()].filter(({ isGone }) => !isGone));
    server.change({ kind: "promote", serverId: "nobody" }, () => undefined);
  }

  #isReached(goal: Goal, { status }: Server): boolean {
    const { servers } = status.committedConfiguration.configuration;
    const known = servers.find(({ id }) => id === goal.id);
    const server = this.#fleet.servers.get(goal.id);
    switch (goal.kind) {
      case "join":
        return known?.voter === true || server?.isGone !== false;
      case "remove":
        if (known !== undefined || status.committedConfiguration.index < status.configuration.index) return false;
        if (server !== undefined) this.#fleet.removed(server);
        return true;
      case "demote":
        return server?.isGone !== false || known === undefined || (goal.isDemoted && known.voter);
      case "move":
        return known === undefined || known.address === goal.address;
    }
  }

  #nextStep(goal: Goal, leader: Server): Change | undefined {
    const { configuration } = leader.status.configuration;
    const known = configuration.servers.find(({ id }) => id === goal.id);
    const voters = votersOf(configuration);
    const fewer = new Set([...voters].filter((id) => id !== goal.id));
    switch (goal.kind) {
      case "join":
        if (known === undefined) return { kind: "add", server: { id: goal.id, address: `${goal.id}:8300` } };
        return this.#isCaughtUp(goal.id, leader) ? { kind: "promote", serverId: goal.id } : undefined;
      case "remove":
        return this.#isViable(fewer, undefined) || known?.voter === false
          ? { kind: "remove", serverId: goal.id }
          : undefined;
      case "demote":
        if (!goal.isDemoted)
          return this.#isViable(fewer, undefined) ? { kind: "demote", serverId: goal.id } : undefined;
        return { kind: "promote", serverId: goal.id };
      case "move":
        return { kind: "add", server: { id: goal.id, address: goal.address } };
    }
  }

  #isCaughtUp(id: string, leader: Server): boolean {
    const progress = leader.core?.progress().find((each) => each.id === id);
    return progress !== undefined && progress.match >= leader.status.lastIndex - BEHIND_MAX;
  }
}
