import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import { DurationNs, Index } from "./common.ts";

export const SESSION_BEHAVIORS = ["release", "delete"] as const;

export const ServiceCheckRef = z.object({ ID: z.string(), Namespace: z.string() });

/** A session: what holds locks, and ends with its checks, its node or its time to live. */
export const Session = z.object({
  ID: z.string(),
  Name: z.string(),
  Node: z.string(),
  LockDelay: DurationNs,
  Behavior: z.string(),
  /** Go duration text; empty for none. */
  TTL: z.string(),
  NodeChecks: z.array(z.string()).nullable(),
  ServiceChecks: z.array(ServiceCheckRef).nullable(),
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type Session = z.infer<typeof Session>;

const UUID_LENGTH = 36;

/** Refuses what can't be a session's id, before it is looked up. */
export function refuseBadSessionId(id: string): void {
  if (id.length !== UUID_LENGTH) throw new Refusal("failed session lookup: index error: UUID must be 36 characters");
}
