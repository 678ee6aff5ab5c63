import { z } from "zod";
import type { ReachabilityDeps } from "../agent-deps.ts";
import { one } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

const MS_DIGITS = 3;

const reachability = defineRoute({
  method: "GET",
  path: "/v1/agent/reachability",
  answeredBy: "agent",
  summary: "Ask all members through gossip who can be reached, for some seconds",
  query: z.object({ dc: one, wan: one }),
  answer: z.object({
    Members: z.number().int(),
    Live: z.array(z.string()),
    Acks: z.array(z.object({ Name: z.string(), AfterMs: z.number() })),
    Missing: z.array(z.string()),
    Unexpected: z.array(z.string()),
  }),
  acl: "node:read",
  beyondConsul: true,
  async handle({ query, onClose }, { reachability: { test } }: ReachabilityDeps) {
    const done = onClose();
    try {
      const { members, live, acks } = await test(query.wan === "1");
      const answered = new Set(acks.map(({ name }) => name));
      return json({
        Members: members,
        Live: live,
        Acks: acks.map(({ name, afterMs }) => ({ Name: name, AfterMs: Number(afterMs.toFixed(MS_DIGITS)) })),
        Missing: live.filter((name) => !answered.has(name)),
        Unexpected: [...answered].filter((name) => !live.includes(name)),
      });
    } finally {
      done();
    }
  },
});

export const agentReachabilityRoutes = [reachability] as const;
