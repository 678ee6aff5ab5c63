import { z } from "zod";
import { Usage } from "../../model/usage.ts";
import { flag, READ_QUERY } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

export interface UsageDeps {
  usage: {
    readonly datacenter: string;
    /** Of this datacenter. */
    here(): Usage;
    /** Of all other datacenters that can be reached, by name. */
    elsewhere(signal: AbortSignal): Promise<ReadonlyMap<string, Usage>>;
    /** Of the newest entry in the state. */
    index(): number;
  };
}

const UsageAnswer = z.object({
  Usage: z.record(z.string(), Usage),
  Index: z.number().int(),
  LastContact: z.number().int(),
  KnownLeader: z.boolean(),
  ConsistencyLevel: z.string(),
  NotModified: z.boolean(),
  Backend: z.number().int(),
  ResultsFilteredByACLs: z.boolean(),
});

const usage = defineRoute({
  method: "GET",
  path: "/v1/operator/usage",
  summary: "Count services, instances and nodes, with `global` in all datacenters that can be reached",
  query: z.object({ ...READ_QUERY, global: flag }),
  answer: UsageAnswer,
  acl: "operator:read",
  beyondConsul: true,
  readsByHandle: true,
  async handle({ query, raw, readable }, { usage }: UsageDeps) {
    const { lastContactMs, knownLeader } = await readable();
    const others = query.global === true ? await usage.elsewhere(raw.signal) : new Map<string, Usage>();
    const all = [...others, [usage.datacenter, usage.here()] as const].sort(([a], [b]) => (a < b ? -1 : 1));
    return json({
      Usage: Object.fromEntries(all),
      Index: usage.index(),
      LastContact: lastContactMs,
      KnownLeader: knownLeader,
      ConsistencyLevel: query.stale === true ? "stale" : "leader",
      NotModified: false,
      Backend: 0,
      ResultsFilteredByACLs: false,
    } satisfies z.infer<typeof UsageAnswer>);
  },
});

export const operatorUsageRoutes = [usage] as const;
