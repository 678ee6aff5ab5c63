import { z } from "zod";
import { Bytes, Index, Uint64 } from "./common.ts";

/** One key of the key/value store, as `GET /v1/kv/:key` prints it. */
export const KVPair = z.object({
  LockIndex: Index,
  Key: z.string(),
  Flags: Uint64,
  Value: Bytes.nullable(),
  /** Absent while nobody holds the lock. */
  Session: z.string().optional(),
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type KVPair = z.infer<typeof KVPair>;

/** A pair as a client reads it from JSON. `Flags` and indexes are bigint beyond 2^53; `Value` is base64, null when empty. */
export interface PrintedKVPair {
  readonly Key: string;
  readonly CreateIndex: number | bigint;
  readonly ModifyIndex: number | bigint;
  readonly LockIndex: number | bigint;
  readonly Flags: number | bigint;
  readonly Value: string | null;
  readonly Session?: string;
}
