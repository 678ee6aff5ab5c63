import { z } from "zod";
import { NS_PER_MS } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import { goBytes, goString, goUint64 } from "../../model/go-decode.ts";
import { decodeCheck, decodeNode, decodeService } from "../../model/registration.ts";
import { isReadOnlyOp, TXN_OPS_MAX, type TxnKvOp, type TxnOp, TxnResponse } from "../../model/txn.ts";
import { readBody } from "../body.ts";
import { freshnessHeaders, VOUCHED } from "../consistency.ts";
import type { BodyLimits } from "../elsewhere.ts";
import { decodeJsonBody, prefixed } from "../json-body.ts";
import { READ_QUERY } from "../query-schema.ts";
import { NO_WAIT, readOptions } from "../read-options.ts";
import { defineRoute, reply } from "../route.ts";

export interface TxnDeps {
  txn: {
    /** Runs a transaction; one that only looks needs no log entry and reads what is here. Refuses (500) only when nothing was decided. */
    apply(ops: TxnOp[], readOnly: boolean): Promise<TxnResponse>;
  };
}

const KvOp = z.object({
  Verb: goString(),
  Namespace: goString(),
  Key: goString(),
  Value: goBytes(),
  Flags: goUint64(),
  Index: goUint64(),
  Session: goString(),
});
const Ops = z
  .array(
    z.object({
      KV: KvOp.nullable().default(null),
      Node: z.object({ Verb: goString(), Node: z.unknown().optional() }).nullable().default(null),
      Service: z
        .object({ Verb: goString(), Node: goString(), Service: z.unknown().optional() })
        .nullable()
        .default(null),
      Check: z.object({ Verb: goString(), Check: z.unknown().optional() }).nullable().default(null),
      /** Consul reads it and does nothing with it. */
      Intention: z.unknown().optional(),
    }),
  )
  .meta({ go: { type: "api.TxnOps" } });
type RawOp = z.output<typeof Ops>[number];

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
    async handle({ raw, query, readable, bodyLimits }, { txn }: TxnDeps) {
      readOptions(query, NO_WAIT, () => 0);
      const ops = await decodeOps(raw, bodyLimits());
      const readOnly = ops.every(isReadOnlyOp);
      const freshness = readOnly ? await readable() : VOUCHED;
      const response = await txn.apply(ops, readOnly);
      const status = response.Errors === null ? 200 : 409;
      if (!readOnly) return reply({ status, json: response });
      const { lastContactMs, knownLeader: KnownLeader } = freshness;
      const LastContact = Math.round(lastContactMs * NS_PER_MS);
      return reply({
        status,
        json: { ...response, Index: 0, LastContact, KnownLeader, ConsistencyLevel: "" },
        headers: freshnessHeaders(freshness),
      });
    },
  }),
] as const;

async function decodeOps(raw: Request, { txnBytesMax, kvValueBytesMax }: BodyLimits): Promise<TxnOp[]> {
  const bytes = await readBody(raw, txnBytesMax, (seen) => bodyTooLarge(seen, txnBytesMax));
  const rawOps = decodeJsonBody(Ops, bytes, ERROR_PREFIX);
  if (rawOps.length > TXN_OPS_MAX) {
    throw new Refusal(`Transaction contains too many operations (${rawOps.length} > ${TXN_OPS_MAX})`, 413);
  }
  return rawOps.flatMap((op) => toOp(op, kvValueBytesMax));
}

function toOp(op: RawOp, valueBytesMax: number): TxnOp[] {
  if (op.KV) return [{ KV: toKvOp(op.KV, valueBytesMax) }];
  const stated = <T>(decode: () => T) => prefixed(ERROR_PREFIX, decode);
  if (op.Node) return [{ Node: { Verb: op.Node.Verb, Node: stated(() => decodeNode(op.Node?.Node)) } }];
  if (op.Service) return [{ Service: { ...op.Service, Service: stated(() => decodeService(op.Service?.Service)) } }];
  if (op.Check) return [{ Check: { Verb: op.Check.Verb, Check: stated(() => decodeCheck(op.Check?.Check)) } }];
  return [];
}

function toKvOp({ Verb, Key, Value, Flags, Index, Session }: NonNullable<RawOp["KV"]>, valueBytesMax: number): TxnKvOp {
  const size = Value?.length ?? 0;
  if (size > valueBytesMax) {
    throw new Refusal(`Value for key ${JSON.stringify(Key)} is too large (${size} > ${valueBytesMax} bytes)`, 413);
  }
  return {
    Verb,
    Key,
    Value: size === 0 || Value === null ? null : Value.toBase64(),
    Flags: Flags.toString(),
    Index: Number(Index),
    Session,
  };
}

function bodyTooLarge(bytes: number, bytesMax: number): Refusal {
  return new Refusal(
    `Request body(${bytes} bytes) too large, max size: ${bytesMax} bytes. See https://www.consul.io/docs/agent/options.html#txn_max_req_len.`,
    413,
  );
}
