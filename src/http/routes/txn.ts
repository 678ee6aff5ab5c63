import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import { isReadOnlyOp, TXN_OPS_MAX, type TxnOp, TxnResponse } from "../../model/txn.ts";
import { readBody } from "../body.ts";
import { decodeJsonBody } from "../json-body.ts";
import { READ_QUERY } from "../query-schema.ts";
import { defineRoute, reply } from "../route.ts";

export interface TxnDeps {
  txn: {
    /** Runs a transaction; one that only looks needs no log entry. Refuses (500) only when nothing was decided. */
    apply(ops: TxnOp[], readOnly: boolean): Promise<TxnResponse>;
    /** `limits.txn_max_req_len`. */
    bodyBytesMax(): number;
    /** `limits.kv_max_value_size`. */
    valueBytesMax(): number;
  };
}

const uint = z.union([z.number().int().nonnegative(), z.bigint().nonnegative()]);
const KvOp = z
  .strictObject({
    Verb: z.string(),
    Namespace: z.string(),
    Key: z.string(),
    Value: z.string().nullable(),
    Flags: uint,
    Index: uint,
    Session: z.string(),
  })
  .partial();
const object = z.record(z.string(), z.unknown());
const Op = z
  .strictObject({
    KV: KvOp.nullable(),
    Node: z.strictObject({ Verb: z.string(), Node: object }).partial().nullable(),
    Service: z.strictObject({ Verb: z.string(), Node: z.string(), Service: object }).partial().nullable(),
    Check: z.strictObject({ Verb: z.string(), Check: object }).partial().nullable(),
    /** Consul reads it and does nothing with it. */
    Intention: z.unknown(),
  })
  .partial();
const Ops = z.array(Op).nullable();
type RawOp = z.output<typeof Op>;

const ERROR_PREFIX = "Failed to parse body: ";

export const txnRoutes = [
  defineRoute({
    method: "PUT",
    path: "/v1/txn",
    summary: "Run up to 64 operations on keys and the catalog, all or none",
    query: z.object(READ_QUERY),
    answer: TxnResponse,
    acl: ["key:write", "node:write", "service:write"],
    namespaced: true,
    async handle({ raw }, { txn }: TxnDeps) {
      const ops = await decodeOps(raw, txn);
      const readOnly = ops.every(isReadOnlyOp);
      const response = await txn.apply(ops, readOnly);
      if (response.Errors !== null) return reply({ status: 409, json: response });
      if (!readOnly) return reply({ json: response });
      return reply({
        json: { ...response, Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: "" },
        headers: { "X-Consul-Knownleader": "true", "X-Consul-Lastcontact": "0" },
      });
    },
  }),
] as const;

async function decodeOps(raw: Request, txn: TxnDeps["txn"]): Promise<TxnOp[]> {
  const bytesMax = txn.bodyBytesMax();
  const bytes = await readBody(raw, bytesMax, (seen) => bodyTooLarge(seen, bytesMax));
  const rawOps = decodeJsonBody(Ops, bytes, ERROR_PREFIX) ?? [];
  if (rawOps.length > TXN_OPS_MAX) {
    throw new Refusal(`Transaction contains too many operations (${rawOps.length} > ${TXN_OPS_MAX})`, 413);
  }
  return rawOps.flatMap((op) => toOp(op, txn.valueBytesMax()));
}

function toOp(op: RawOp, valueBytesMax: number): TxnOp[] {
  if (op.KV) return [{ KV: toKvOp(op.KV, valueBytesMax) }];
  if (op.Node) return [{ Node: { Verb: op.Node.Verb ?? "", Node: op.Node.Node ?? {} } }];
  if (op.Service) {
    return [
      { Service: { Verb: op.Service.Verb ?? "", Node: op.Service.Node ?? "", Service: op.Service.Service ?? {} } },
    ];
  }
  if (op.Check) return [{ Check: { Verb: op.Check.Verb ?? "", Check: op.Check.Check ?? {} } }];
  return [];
}

function toKvOp(op: NonNullable<RawOp["KV"]>, valueBytesMax: number) {
  const value = decodeValue(op.Value ?? "");
  if (value.length > valueBytesMax) {
    throw new Refusal(
      `Value for key ${JSON.stringify(op.Key ?? "")} is too large (${value.length} > ${valueBytesMax} bytes)`,
      413,
    );
  }
  return {
    Verb: op.Verb ?? "",
    Key: op.Key ?? "",
    Value: value.length === 0 ? null : value.toBase64(),
    Flags: String(op.Flags ?? 0),
    Index: Number(op.Index ?? 0),
    Session: op.Session ?? "",
  };
}

function decodeValue(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw new Refusal(`${ERROR_PREFIX}illegal base64 data at input byte 0`, 400);
  }
}

function bodyTooLarge(bytes: number, bytesMax: number): Refusal {
  return new Refusal(
    `Request body(${bytes} bytes) too large, max size: ${bytesMax} bytes. See https://www.consul.io/docs/agent/options.html#txn_max_req_len.`,
    413,
  );
}
