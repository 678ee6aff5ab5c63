import { z } from "zod";
import { compileFilter } from "../../lang/filter/compile.ts";
import { CHECK_FIELDS } from "../../lang/filter/fields/check.ts";
import { parseFilter } from "../../lang/filter/parse.ts";
import { Refusal } from "../../lib/refusal.ts";
import { Secret } from "../../lib/secret.ts";
import { HEALTH_STATUSES, HealthCheck, type HealthStatus } from "../../model/check.ts";
import { CheckDefinition } from "../../model/definition-check.ts";
import { goString } from "../../model/go-decode.ts";
import type { LocalAgentDeps } from "../agent-deps.ts";
import { agentCheck } from "../agent-view.ts";
import { one } from "../query-schema.ts";
import { defineRoute, EMPTY, json } from "../route.ts";

const list = defineRoute({
  method: "GET",
  path: "/v1/agent/checks",
  answeredBy: "agent",
  summary: "List the checks of this agent",
  query: z.object({ filter: one, dc: one }),
  answer: z.record(z.string(), HealthCheck),
  acl: ["node:read", "service:read"],
  handle({ query }, { agent }: LocalAgentDeps) {
    const checks = agent.checks().map((local) => agentCheck(local.check));
    const kept = query.filter ? filterChecks(checks, query.filter) : checks;
    const sorted = kept.sort((a, b) => (a.CheckID < b.CheckID ? -1 : 1));
    return json(Object.fromEntries(sorted.map((check) => [check.CheckID, check])));
  },
});

/** Consul looks at the selectors here only when there is a check, and leaves out the usual text in front (observed). */
function filterChecks(checks: HealthCheck[], expression: string): HealthCheck[] {
  let parsed: ReturnType<typeof parseFilter>;
  try {
    parsed = parseFilter(expression);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(`Failed to create boolean expression evaluator: ${error.message}`, error.status);
  }
  return checks.length === 0 ? [] : checks.filter(compileFilter(parsed, CHECK_FIELDS));
}

const register = defineRoute({
  method: "PUT",
  path: "/v1/agent/check/register",
  answeredBy: "agent",
  summary: "Register a check",
  query: z.object({ dc: one, ns: one }),
  body: CheckDefinition,
  answer: z.null(),
  acl: ["node:write", "service:write"],
  async handle({ body, token }, { agent }: LocalAgentDeps) {
    // Unlike for services a check's own token counts, when the request has none.
    const secret = new Secret(token() || body.Token);
    await agent.registerCheck(body, { token: secret, source: "remote" });
    return EMPTY;
  },
});

const deregister = defineRoute({
  method: "PUT",
  path: "/v1/agent/check/deregister/:id{.*}",
  answeredBy: "agent",
  summary: "Remove a check",
  query: z.object({ dc: one }),
  answer: z.null(),
  acl: ["node:write", "service:write"],
  async handle({ params }, { agent }: LocalAgentDeps) {
    await agent.deregisterCheck(params.id ?? "");
    return EMPTY;
  },
});

/** One of the three calls by which a service says how it is. */
function say<const Word extends string>(word: Word, status: HealthStatus) {
  return defineRoute({
    method: "PUT",
    path: `/v1/agent/check/${word}/:id{.*}`,
    answeredBy: "agent",
    summary: `Set a TTL check to ${status}`,
    query: z.object({ dc: one, note: one }),
    answer: z.null(),
    acl: ["node:write", "service:write"],
    async handle({ params, query }, { agent }: LocalAgentDeps) {
      await agent.updateTtl(params.id ?? "", status, query.note ?? "");
      return EMPTY;
    },
  });
}

const CheckUpdate = z.object({ Status: goString(), Output: goString() }).meta({ go: { type: "agent.checkUpdate" } });

const update = defineRoute({
  method: "PUT",
  path: "/v1/agent/check/update/:id{.*}",
  answeredBy: "agent",
  summary: "Set a TTL check's status and output",
  query: z.object({ dc: one }),
  body: CheckUpdate,
  answer: z.null(),
  acl: ["node:write", "service:write"],
  async handle({ params, body }, { agent }: LocalAgentDeps) {
    const status = HEALTH_STATUSES.find((known) => known === body.Status);
    if (status === undefined) throw new Refusal(`Invalid check status: '${body.Status}'`, 400);
    await agent.updateTtl(params.id ?? "", status, body.Output);
    return EMPTY;
  },
});

export const agentCheckRoutes = [
  list,
  register,
  deregister,
  say("pass", "passing"),
  say("warn", "warning"),
  say("fail", "critical"),
  update,
] as const;
