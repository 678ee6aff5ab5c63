import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { Refusal } from "../lib/refusal.ts";
import type {
  AutopilotConfiguration,
  AutopilotState,
  ClusterHealth,
  StoredAutopilotConfiguration,
} from "../model/autopilot.ts";
import type { RaftRecovery, RaftServer } from "../model/operator.ts";
import type { Configuration } from "../raft/configuration.ts";
import type { RaftNode } from "../raft/node.ts";
import { autopilotGet } from "../state/autopilot/queries.ts";
import type { StateDb } from "../state/db.ts";
import { nodeById } from "../state/nodes/queries.ts";
import type { Autopilot } from "./autopilot/autopilot.ts";
import type { Forwarder } from "./forward.ts";
import { type Member, UNKNOWN_NAME } from "./members.ts";
import type { LeaderMethods } from "./methods.ts";

export interface OperatorDeps {
  self: { nodeId: string; nodeName: string; address: string };
  db: StateDb;
  raft: Pick<RaftNode, "configuration" | "status">;
  forwarder: Forwarder<LeaderMethods>;
  autopilot: Pick<Autopilot, "configuration">;
  members: () => Member[];
  clusterId: () => string;
  /** Declares the cluster to be `configuration`, under a new id; see `RaftNode.recover`. */
  recover: (configuration: Configuration) => Promise<void>;
}

/** What the operator of a cluster asks and orders, as the HTTP routes need it. */
export class Operator {
  readonly #deps: OperatorDeps;

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
  }

  raftConfiguration(): RaftServer[] {
    const { raft, db, members } = this.#deps;
    const { leader, configuration } = raft.status();
    const names = new Map(members().map(({ nodeId, name }) => [nodeId, name]));
    return configuration.configuration.servers.map(({ id, address, voter }) => ({
      ID: id,
      Node: names.get(id) ?? nodeById(db, id)?.Node ?? UNKNOWN_NAME,
      Address: address,
      Leader: id === leader,
      ProtocolVersion: "3",
      Voter: voter,
    }));
  }

  async removePeer(peer: { id: string } | { address: string }): Promise<void> {
    const servers = this.raftConfiguration();
    const found = servers.find((server) => ("id" in peer ? server.ID === peer.id : server.Address === peer.address));
    if (found === undefined) {
      const what = "id" in peer ? `id ${JSON.stringify(peer.id)}` : `address ${JSON.stringify(peer.address)}`;
      throw new Refusal(`${what} was not found in the Raft configuration`);
    }
    await this.#deps.forwarder.run("raft.remove", { id: found.ID });
  }

  transferLeader(id: string | undefined): Promise<void> {
    return this.#deps.forwarder.run("raft.transfer", { to: id });
  }

  recovery(): RaftRecovery {
    const { self, raft, clusterId } = this.#deps;
    const { leader, leaderContactMs, lastLogTerm, lastLogIndex, commitIndex } = raft.status();
    return {
      Confirm: self.nodeId,
      Node: self.nodeName,
      NodeID: self.nodeId,
      Address: self.address,
      ClusterID: clusterId(),
      Leader: leader ?? "",
      LastContact: leaderContactMs === undefined ? "never" : formatDurationNs(Math.round(leaderContactMs) * NS_PER_MS),
      LastTerm: lastLogTerm,
      LastIndex: lastLogIndex,
      CommitIndex: commitIndex,
      LostServers: this.raftConfiguration().filter(({ ID }) => ID !== self.nodeId),
    };
  }

  /** This server is the cluster from here on. */
  async recover(): Promise<void> {
    const { self, recover, raft } = this.#deps;
    if (raft.status().lastLogIndex === 0) {
      throw new Refusal("this server has no data of a cluster: there is nothing to recover", 409);
    }
    await recover({ servers: [{ id: self.nodeId, address: self.address, voter: true }] });
  }

  autopilotConfiguration(): StoredAutopilotConfiguration {
    const { db, autopilot } = this.#deps;
    return autopilotGet(db) ?? { ...autopilot.configuration, CreateIndex: 0, ModifyIndex: 0 };
  }

  setAutopilotConfiguration(configuration: AutopilotConfiguration, cas: number | undefined): Promise<boolean> {
    return this.#deps.forwarder.run("autopilot.set", { configuration, cas });
  }

  serverHealth(): Promise<ClusterHealth> {
    return this.#deps.forwarder.run("autopilot.health", null);
  }

  autopilotState(): Promise<AutopilotState> {
    return this.#deps.forwarder.run("autopilot.state", null);
  }
}
