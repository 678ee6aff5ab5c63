import { z } from "zod";
import { Index } from "./common.ts";

/** Any text is stored, as Consul does; only these three have a meaning to health. */
export const HEALTH_STATUSES = ["passing", "warning", "critical"] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** A check's result in the catalog. `ServiceID` is empty for a check of the node itself. */
export const HealthCheck = z.object({
  Node: z.string(),
  CheckID: z.string(),
  Name: z.string(),
  Status: z.string(),
  Notes: z.string(),
  Output: z.string(),
  ServiceID: z.string(),
  ServiceName: z.string(),
  ServiceTags: z.array(z.string()),
  Type: z.string(),
  /** Durations are Go texts; absent keys are Go's zero values. */
  Definition: z.record(z.string(), z.unknown()),
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type HealthCheck = z.infer<typeof HealthCheck>;
