import type { AutopilotConfiguration, AutopilotState, ClusterHealth } from "../../model/autopilot.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { RaftNode } from "../../raft/node.ts";
import { autopilotGet } from "../../state/autopilot/queries.ts";
import type { StateDb } from "../../state/db.ts";
import type { Member } from "../members.ts";
import type { Propose } from "../propose.ts";
import { decideAutopilot, failureTolerance } from "./decide.ts";
import { type Health, HealthBook, isHealthy, type ServerView } from "./health.ts";
import { autopilotState, clusterHealth } from "./report.ts";
import { serverViews } from "./views.ts";

export interface AutopilotDeps {
  nodeId: string;
  db: StateDb;
  propose: Propose;
  raft: Pick<RaftNode, "configuration" | "progress" | "status" | "changeConfiguration">;
  members: () => Member[];
  heartbeatMs: number;
  /** `autopilot { }` of the configuration: what the first leader begins with. */
  defaults: () => AutopilotConfiguration;
  clock: Clock;
  log: Logger;
  meter: Meter;
}

/** Cares for the set of servers while this server leads: who is well, who gets a vote, who is dead. */
export class Autopilot {
  readonly #deps: AutopilotDeps;
  #book = new HealthBook();
  #toldWhy = "";

  constructor(deps: AutopilotDeps) {
    this.#deps = deps;
  }

  /** Leading begins: what an earlier leader saw is not this one's. */
  lead(): void {
    this.#book = new HealthBook();
    this.#toldWhy = "";
  }

  get configuration(): AutopilotConfiguration {
    return autopilotGet(this.#deps.db) ?? this.#deps.defaults();
  }

  /** Writes the defaults when the cluster has none yet. */
  async ensureConfiguration(): Promise<void> {
    const { db, propose, defaults } = this.#deps;
    if (autopilotGet(db) !== undefined) return;
    await propose({ type: "autopilot.set", configuration: defaults(), cas: 0 });
  }

  /** Looks how the servers are, and makes at most one change of them unless `mayChange` is false. */
  async round(mayChange: boolean): Promise<void> {
    const { raft, clock, log } = this.#deps;
    const { servers, health } = this.#look();
    this.#measure(servers, health);
    const decision = decideAutopilot(this.configuration, servers, health, clock.monotonicMs());
    if (decision?.kind !== "keep") this.#toldWhy = "";
    if (decision === undefined || !mayChange) return;
    if (decision.kind === "keep") {
      if (decision.why !== this.#toldWhy) log.warn("dead servers are not removed", { why: decision.why });
      this.#toldWhy = decision.why;
      return;
    }
    const { kind, server } = decision;
    log.info(kind === "promote" ? "server is stable: gives it a vote" : "removes a dead server", {
      server: server.name,
      id: server.id,
    });
    await raft.changeConfiguration({ kind, serverId: server.id });
  }

  health(): ClusterHealth {
    const { servers, health } = this.#look();
    return clusterHealth(servers, health);
  }

  state(): AutopilotState {
    const { servers, health } = this.#look();
    return autopilotState(servers, health);
  }

  #look(): { servers: ServerView[]; health: ReadonlyMap<string, Health> } {
    const { raft, members, nodeId, heartbeatMs, clock } = this.#deps;
    const { term, lastLogIndex } = raft.status();
    const nowMs = clock.monotonicMs();
    const { configuration } = raft.configuration();
    const view = { leaderId: nodeId, term, lastIndex: lastLogIndex, configuration, nowMs };
    const servers = serverViews({ ...view, members: members(), progress: raft.progress() });
    const leader = { term, lastIndex: lastLogIndex, heartbeatMs };
    const config = this.configuration;
    const now = new Map(servers.map((server) => [server.id, isHealthy(server, leader, config)]));
    return { servers, health: this.#book.update(now, nowMs, clock.nowMs()) };
  }

  #measure(servers: readonly ServerView[], health: ReadonlyMap<string, Health>): void {
    const { meter } = this.#deps;
    const isHealthyAll = servers.every(({ id }) => health.get(id)?.isHealthy === true);
    meter.gauge("autopilot.healthy", isHealthyAll ? 1 : 0);
    meter.gauge("autopilot.failure_tolerance", failureTolerance(servers, health));
  }
}
