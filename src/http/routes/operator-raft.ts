import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import { goString } from "../../model/go-decode.ts";
import { RaftRecovery, RaftServer } from "../../model/operator.ts";
import type { OperatorDeps } from "../operator-deps.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, EMPTY, json } from "../route.ts";

const configuration = defineRoute({
  method: "GET",
  path: "/v1/operator/raft/configuration",
  summary: "List the servers of the cluster",
  query: z.object(READ_QUERY),
  // The index is 0 in Consul from 1.8 on: the servers are not part of its state.
  answer: z.object({ Servers: z.array(RaftServer), Index: z.number().int() }),
  acl: "operator:read",
  async handle({ readable }, { operator }: OperatorDeps) {
    await readable();
    return json({ Servers: operator.raftConfiguration(), Index: 0 });
  },
});

const removePeer = defineRoute({
  method: "DELETE",
  path: "/v1/operator/raft/peer",
  summary: "Remove a server from the cluster",
  query: z.object({ dc: one, id: one, address: one }),
  answer: z.undefined(),
  acl: "operator:write",
  async handle({ query: { id, address } }, { operator }: OperatorDeps) {
    if (id === undefined && address === undefined) {
      const text = "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove";
      throw new Refusal(`Bad request: ${text}`, 400);
    }
    if (id !== undefined && address !== undefined) {
      throw new Refusal("Bad request: Must specify only one of ?id or ?address", 400);
    }
    await operator.removePeer(id === undefined ? { address: address ?? "" } : { id });
    return EMPTY;
  },
});

const transferLeader = defineRoute({
  method: "POST",
  path: "/v1/operator/raft/transfer-leader",
  summary: "Let another server lead",
  query: z.object({ dc: one, id: one }),
  answer: z.object({ Success: z.boolean() }),
  acl: "operator:write",
  beyondConsul: true,
  async handle({ query }, { operator }: OperatorDeps) {
    await operator.transferLeader(query.id || undefined);
    return json({ Success: true });
  },
});

const recovery = defineRoute({
  method: "GET",
  path: "/v1/operator/raft/recover",
  answeredBy: "server",
  summary: "Tell what would be lost if this server became a cluster of its own",
  query: z.object({}),
  answer: RaftRecovery,
  acl: "operator:read",
  beyondConsul: true,
  handle: (_request, { operator }: OperatorDeps) => json(operator.recovery()),
});

const recover = defineRoute({
  method: "POST",
  path: "/v1/operator/raft/recover",
  answeredBy: "server",
  summary: "Make this server a cluster of its own when the quorum is lost for good",
  query: z.object({}),
  body: z.object({ Confirm: goString() }),
  answer: z.undefined(),
  acl: "operator:write",
  beyondConsul: true,
  async handle({ body }, { operator }: OperatorDeps) {
    const { Confirm, Leader } = operator.recovery();
    if (Leader !== "") throw hasLeader(Leader);
    if (body.Confirm !== Confirm) {
      const text = `Confirm must be ${JSON.stringify(Confirm)}, the node id of the server that is to go on`;
      throw new Refusal(`Bad request: ${text}; GET this path tells what would be lost`, 400);
    }
    await operator.recover();
    return EMPTY;
  },
});

function hasLeader(id: string): Refusal {
  const text = `the cluster has a leader (${id}), so nothing needs to be recovered`;
  return new Refusal(`${text}; remove lost servers by DELETE /v1/operator/raft/peer`, 409);
}

export const operatorRaftRoutes = [configuration, removePeer, transferLeader, recovery, recover] as const;
