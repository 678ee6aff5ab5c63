import { z } from "zod";
import { HealthCheck } from "./check.ts";
import { KVPair } from "./kv.ts";
import { Node } from "./node.ts";
import { NodeService } from "./service.ts";

export const TXN_OPS_MAX = 64;

/** One operation on a key. `Value` is base64; `Flags` are decimal digits. */
export interface TxnKvOp {
  Verb: string;
  Key: string;
  Value: string | null;
  Flags: string;
  Index: number;
  Session: string;
}

/** Operations on the catalog carry the object as the request stated it; `Index`es inside it are what cas compares. */
export interface TxnNodeOp {
  Verb: string;
  Node: Record<string, unknown>;
}
export interface TxnServiceOp {
  Verb: string;
  Node: string;
  Service: Record<string, unknown>;
}
export interface TxnCheckOp {
  Verb: string;
  Check: Record<string, unknown>;
}

export type TxnOp = { KV: TxnKvOp } | { Node: TxnNodeOp } | { Service: TxnServiceOp } | { Check: TxnCheckOp };

/** Observed with Consul 1.8.7: a check without tags has null here, and [] in every other answer. */
const TxnCheck = HealthCheck.extend({ ServiceTags: z.array(z.string()).nullable() });
export type TxnCheck = z.infer<typeof TxnCheck>;

export const TxnResult = z.union([
  z.object({ KV: KVPair }),
  z.object({ Node }),
  z.object({ Service: NodeService }),
  z.object({ Check: TxnCheck }),
]);
export type TxnResult = z.infer<typeof TxnResult>;

export const TxnError = z.object({ OpIndex: z.number().int(), What: z.string() });
export type TxnError = z.infer<typeof TxnError>;

/** Exactly one of the two is null. */
export const TxnResponse = z.object({ Results: z.array(TxnResult).nullable(), Errors: z.array(TxnError).nullable() });
export type TxnResponse = z.infer<typeof TxnResponse>;

const WRITE_VERBS = new Set(["set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"]);

/**
 * Whether an operation only looks: a transaction of such alone is a read and takes consistency modes. On keys verbs that
 * are not known count so too, on the catalog they do not (observed, Consul 1.8.7).
 */
export function isReadOnlyOp(op: TxnOp): boolean {
  if ("KV" in op) return !WRITE_VERBS.has(op.KV.Verb);
  const { Verb } = "Node" in op ? op.Node : "Service" in op ? op.Service : op.Check;
  return Verb === "get";
}
