import { z } from "zod";
import { Index } from "./common.ts";

/** One server of the cluster, as `GET /v1/operator/raft/configuration` prints it. */
export const RaftServer = z.object({
  /** Node id. */
  ID: z.string(),
  /** Name of the node, or `(unknown)` while nothing has told it. */
  Node: z.string(),
  /** `host:port` of its server port. */
  Address: z.string(),
  Leader: z.boolean(),
  /** Always "3", the version of Consul's servers that know their peers by id. */
  ProtocolVersion: z.string(),
  Voter: z.boolean(),
});
export type RaftServer = z.infer<typeof RaftServer>;

/**
 * What making this server a cluster of its own would mean. `Confirm` is what a caller has to give back: this server's
 * node id, so that it is said which one is to go on.
 */
export const RaftRecovery = z.object({
  Confirm: z.string(),
  Node: z.string(),
  NodeID: z.string(),
  /** `host:port` of its server port. */
  Address: z.string(),
  /** Of the cluster as it is; the recovered one gets another. */
  ClusterID: z.string(),
  /** Node id of the leader, "" when none is known: a recovery is only for a cluster without one. */
  Leader: z.string(),
  /** Go duration since a leader was last heard, or `never`. */
  LastContact: z.string(),
  LastTerm: Index,
  /** Of the log on this server. What others have beyond it is lost. */
  LastIndex: Index,
  /** Known here to be committed. What is behind it and up to `LastIndex` may have been answered to nobody. */
  CommitIndex: Index,
  /** Servers that the recovered cluster would be without. */
  LostServers: z.array(RaftServer),
});
export type RaftRecovery = z.infer<typeof RaftRecovery>;
