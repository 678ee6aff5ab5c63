import { z } from "zod";
import { Secret } from "../../lib/secret.ts";
import type { LocalAgentDeps } from "../agent-deps.ts";
import { parseEnable } from "../parse-enable.ts";
import { one } from "../query-schema.ts";
import { defineRoute, EMPTY } from "../route.ts";

export const agentMaintenanceRoutes = [
  defineRoute({
    method: "PUT",
    path: "/v1/agent/maintenance",
    answeredBy: "agent",
    summary: "Take this node out of work, or back",
    query: z.object({ dc: one, enable: one, reason: one }),
    answer: z.null(),
    acl: "node:write",
    async handle({ query, token }, { agent }: LocalAgentDeps) {
      await agent.setNodeMaintenance(parseEnable(query.enable), query.reason ?? "", new Secret(token()));
      return EMPTY;
    },
  }),
] as const;
