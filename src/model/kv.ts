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
