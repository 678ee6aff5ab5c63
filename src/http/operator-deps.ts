import type { KeyringAnswer, KeyringOrder } from "../agent/keyring.ts";
import type {
  AutopilotConfiguration,
  AutopilotState,
  ClusterHealth,
  StoredAutopilotConfiguration,
} from "../model/autopilot.ts";
import type { RaftRecovery, RaftServer } from "../model/operator.ts";

/** What the routes for operators of a cluster need. Calls reject with a Refusal; asked of a follower, its leader acts. */
export interface OperatorDeps {
  operator: {
    /** The newest configuration that this server itself knows. */
    raftConfiguration(): RaftServer[];
    /**
     * Resolves when the server is out and that is committed. 500 `id "x" was not found in the Raft configuration`, or
     * `address "x" was ...`.
     */
    removePeer(peer: { id: string } | { address: string }): Promise<void>;
    /** Resolves when another voter leads: the one with this node id, or the one that is best prepared. */
    transferLeader(id: string | undefined): Promise<void>;
    /** What `recover` would do on this server. */
    recovery(): RaftRecovery;
    /** Makes this server the only one of a new cluster with its log, for ever; resolves when it leads. */
    recover(): Promise<void>;
    /** As of what this server has applied. */
    autopilotConfiguration(): StoredAutopilotConfiguration;
    /** False when `cas` is given and is not the ModifyIndex any more. */
    setAutopilotConfiguration(configuration: AutopilotConfiguration, cas: number | undefined): Promise<boolean>;
    /** As the leader sees it. */
    serverHealth(): Promise<ClusterHealth>;
    /** As the leader sees it. */
    autopilotState(): Promise<AutopilotState>;
  };
}

/** What the routes of the gossip's keys need. */
export interface KeyringDeps {
  keyring: {
    /**
     * Gives an order to the pool of all datacenters' servers and to the pool of each datacenter, in this order, or only to
     * that of the own one. Rejects with a Refusal, 500 `keyring operations must run against a server node` on a client.
     */
    order(order: KeyringOrder, isLocalOnly: boolean): Promise<readonly KeyringAnswer[]>;
    /** To the pool of the own datacenter alone. */
    orderHere(order: KeyringOrder): Promise<KeyringAnswer>;
  };
}
