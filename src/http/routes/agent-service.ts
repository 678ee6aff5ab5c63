import { z } from "zod";
import { agentServiceTopic } from "../../agent/topics.ts";
import { NODE_SERVICE_FIELDS } from "../../lang/filter/fields/node-service.ts";
import { Refusal } from "../../lib/refusal.ts";
import { Secret } from "../../lib/secret.ts";
import { ServiceDefinition } from "../../model/definition.ts";
import type { LocalAgentDeps } from "../agent-deps.ts";
import { agentService, contentHash } from "../agent-view.ts";
import { filterPredicate } from "../filtering.ts";
import { parseEnable } from "../parse-enable.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, EMPTY, json } from "../route.ts";

const AgentService = z.record(z.string(), z.unknown());

const list = defineRoute({
  method: "GET",
  path: "/v1/agent/services",
  answeredBy: "agent",
  summary: "List the services of this agent",
  query: z.object({ filter: one, dc: one }),
  answer: z.record(z.string(), AgentService),
  acl: "service:read",
  handle({ query }, { agent }: LocalAgentDeps) {
    const passes = query.filter ? filterPredicate(query.filter, NODE_SERVICE_FIELDS) : () => true;
    const services = agent.services().map((local) => local.service);
    const sorted = services.filter(passes).sort((a, b) => (a.ID < b.ID ? -1 : 1));
    return json(Object.fromEntries(sorted.map((service) => [service.ID, agentService(service)])));
  },
});

const read = defineRoute({
  method: "GET",
  path: "/v1/agent/service/:id{.*}",
  answeredBy: "agent",
  summary: "Read a service of this agent",
  query: z.object(READ_QUERY),
  answer: AgentService,
  acl: "service:read",
  blocking: "hash",
  read({ params }, { agent }: LocalAgentDeps) {
    const id = params.id ?? "";
    const local = agent.service(id);
    if (local === undefined) throw new Refusal(`unknown service ID: ${id}`, 404);
    const version = contentHash(local);
    return {
      value: agentService(local.service, version),
      index: 0,
      interest: { topics: [agentServiceTopic(id)] },
      version,
    };
  },
});

const register = defineRoute({
  method: "PUT",
  path: "/v1/agent/service/register",
  answeredBy: "agent",
  summary: "Register a service with its checks",
  query: z.object({ dc: one, ns: one, "replace-existing-checks": one }),
  body: ServiceDefinition,
  answer: z.null(),
  acl: "service:write",
  async handle({ query, body, token }, { agent }: LocalAgentDeps) {
    const replace = query["replace-existing-checks"];
    const isReplacing = replace !== undefined && !["false", "f", "0"].includes(replace.toLowerCase());
    // A token in the body is ignored: the request's own counts (observed).
    await agent.registerService(body, { token: new Secret(token()), source: "remote" }, isReplacing);
    return EMPTY;
  },
});

const deregister = defineRoute({
  method: "PUT",
  path: "/v1/agent/service/deregister/:id{.*}",
  answeredBy: "agent",
  summary: "Remove a service with its checks",
  query: z.object({ dc: one }),
  answer: z.null(),
  acl: "service:write",
  async handle({ params }, { agent }: LocalAgentDeps) {
    await agent.deregisterService(params.id ?? "");
    return EMPTY;
  },
});

const maintenance = defineRoute({
  method: "PUT",
  path: "/v1/agent/service/maintenance/:id{.*}",
  answeredBy: "agent",
  summary: "Take a service out of work, or back",
  query: z.object({ dc: one, enable: one, reason: one }),
  answer: z.null(),
  acl: "service:write",
  async handle({ params, query, token }, { agent }: LocalAgentDeps) {
    if (!params.id) throw new Refusal("Missing service ID", 400);
    const enable = parseEnable(query.enable);
    await agent.setServiceMaintenance(params.id, enable, query.reason ?? "", new Secret(token()));
    return EMPTY;
  },
});

export const agentServiceRoutes = [list, register, deregister, maintenance, read] as const;
