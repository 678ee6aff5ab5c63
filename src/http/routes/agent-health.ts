import { z } from "zod";
import { isMaintenance } from "../../agent/local/maintenance.ts";
import type { LocalService } from "../../agent/local/state.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { LocalAgent, LocalAgentDeps } from "../agent-deps.ts";
import { agentHealthCheck, agentService } from "../agent-view.ts";
import { one } from "../query-schema.ts";
import { type ApiRequest, defineRoute, type Reply, reply } from "../route.ts";

/** Worst first, with the HTTP status that says it to load balancers. */
const AGGREGATES = [
  ["maintenance", 503],
  ["critical", 503],
  ["warning", 429],
  ["passing", 200],
] as const;
type Aggregate = (typeof AGGREGATES)[number][0];

const ServiceHealth = z.object({
  AggregatedStatus: z.string(),
  Service: z.record(z.string(), z.unknown()).nullable(),
  Checks: z.array(z.record(z.string(), z.unknown())).nullable(),
});
type ServiceHealth = z.output<typeof ServiceHealth>;

const Query = z.object({ dc: one, format: one });
type Request = ApiRequest<z.output<typeof Query>>;

const byId = defineRoute({
  method: "GET",
  path: "/v1/agent/health/service/id/:id{.*}",
  answeredBy: "agent",
  summary: "Health of one service instance of this agent, as JSON, text and HTTP status",
  query: Query,
  answer: ServiceHealth,
  acl: "service:read",
  handle(request, { agent }: LocalAgentDeps) {
    const { id } = request.params;
    if (!id) throw new Refusal("Bad request: Missing serviceID");
    const local = agent.service(id);
    if (local !== undefined) return answer(request, healthOf(agent, local));
    const reason = `ServiceId ${id} not found`;
    const nothing = { AggregatedStatus: "critical", Service: null, Checks: null };
    // The text is a JSON string here, and only here (observed).
    return reply({
      status: 404,
      headers: { "X-Consul-Reason": headerText(reason) },
      json: wantsText(request) ? reason : nothing,
    });
  },
});

const byName = defineRoute({
  method: "GET",
  path: "/v1/agent/health/service/name/:name{.*}",
  answeredBy: "agent",
  summary: "Health of all instances of a service on this agent; the HTTP status is that of the worst",
  query: Query,
  answer: z.array(ServiceHealth),
  acl: "service:read",
  handle(request, { agent }: LocalAgentDeps) {
    const { name } = request.params;
    if (!name) throw new Refusal("Bad request: Missing service Name");
    const found = agent.services().filter((local) => local.service.Service === name);
    if (found.length > 0) {
      const all = found.map((local) => healthOf(agent, local));
      return answer(request, all);
    }
    const reason = `ServiceName ${name} Not Found`;
    const headers = { "X-Consul-Reason": headerText(reason) };
    if (!wantsText(request)) return reply({ status: 404, headers, json: [] });
    return reply({ status: 404, headers: { ...headers, "content-type": "text/plain" }, body: reason });
  },
});

export const agentHealthRoutes = [byId, byName] as const;

/** The checks that count are the service's own and those of the node. */
function healthOf(agent: LocalAgent, { service }: LocalService): ServiceHealth {
  const checks = agent.checks().map((local) => local.check);
  const counted = checks.filter((check) => check.ServiceID === "" || check.ServiceID === service.ID);
  const statuses = counted.map((check) => (isMaintenance(check.CheckID) ? "maintenance" : check.Status));
  return {
    AggregatedStatus: worst(statuses),
    Service: agentService(service),
    Checks: counted.map(agentHealthCheck),
  };
}

/** No check at all is passing; an unknown status counts as critical. */
function worst(statuses: readonly string[]): Aggregate {
  const known = statuses.map((status) => AGGREGATES.findIndex(([name]) => name === status));
  const least = Math.min(AGGREGATES.length - 1, ...known.map((rank) => (rank === -1 ? 1 : rank)));
  return AGGREGATES[least]?.[0] ?? "passing";
}

function answer(request: Request, health: ServiceHealth | ServiceHealth[]): Reply {
  const all = Array.isArray(health) ? health : [health];
  const status = worst(all.map((one) => one.AggregatedStatus));
  const code = AGGREGATES.find(([name]) => name === status)?.[1] ?? 200;
  const headers = { "X-Consul-Reason": status };
  if (!wantsText(request)) return reply({ status: code, headers, json: health });
  return reply({ status: code, headers: { ...headers, "content-type": "text/plain" }, body: status });
}

/** Go writes the bytes of UTF-8, and a space for what would end the line; NUL, which Go writes, no client takes. */
function headerText(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[\r\n\0]/g, " ");
}

function wantsText({ query, raw }: Request): boolean {
  return query.format === "text" || raw.headers.get("accept") === "text/plain";
}
