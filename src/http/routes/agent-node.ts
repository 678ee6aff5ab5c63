import { z } from "zod";
import { MEMBER_FIELDS } from "../../lang/filter/fields/member.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { NodeDeps } from "../agent-deps.ts";
import { filterPredicate } from "../filtering.ts";
import { flag, one } from "../query-schema.ts";
import { defineRoute, EMPTY, json, text } from "../route.ts";

const AnyObject = z.record(z.string(), z.unknown());

const self = defineRoute({
  method: "GET",
  path: "/v1/agent/self",
  answeredBy: "agent",
  summary: "This agent's configuration, membership and figures",
  query: z.object({ dc: one }),
  answer: AnyObject,
  acl: "agent:read",
  handle: (_request, { node }: NodeDeps) => json(node.self()),
});

const host = defineRoute({
  method: "GET",
  path: "/v1/agent/host",
  answeredBy: "agent",
  summary: "The host that this agent runs on",
  query: z.object({ dc: one }),
  answer: AnyObject,
  acl: "operator:read",
  handle: async (_request, { node }: NodeDeps) => json(await node.host()),
});

const members = defineRoute({
  method: "GET",
  path: "/v1/agent/members",
  answeredBy: "agent",
  summary: "Members of the gossip pool that this agent knows",
  query: z.object({ dc: one, wan: one, segment: one, filter: one }),
  answer: z.array(AnyObject).nullable(),
  acl: "node:read",
  handle({ query }, { node }: NodeDeps) {
    const { segment } = query;
    // The command line of Consul asks for all segments; here there is only one, and it has no name.
    if (segment && segment !== "_all") throw noSegment(segment, isWan(query.wan), node.members(true) !== null);
    const members = node.members(isWan(query.wan));
    // Consul's since 1.16.
    return json(query.filter ? (members?.filter(filterPredicate(query.filter, MEMBER_FIELDS)) ?? null) : members);
  },
});

const reload = defineRoute({
  method: "PUT",
  path: "/v1/agent/reload",
  answeredBy: "agent",
  summary: "Read the configuration files again",
  query: z.object({ dc: one }),
  answer: z.null(),
  acl: "agent:write",
  async handle(_request, { node }: NodeDeps) {
    await node.reload();
    return EMPTY;
  },
});

const join = defineRoute({
  method: "PUT",
  path: "/v1/agent/join/:address{.*}",
  answeredBy: "agent",
  summary: "Join the cluster of another agent",
  query: z.object({ dc: one, wan: one }),
  answer: z.null(),
  acl: "agent:write",
  async handle({ params, query }, { node }: NodeDeps) {
    await node.join(params.address ?? "", isWan(query.wan));
    return EMPTY;
  },
});

const leave = defineRoute({
  method: "PUT",
  path: "/v1/agent/leave",
  answeredBy: "agent",
  summary: "Leave the cluster and stop",
  query: z.object({ dc: one }),
  answer: z.null(),
  acl: "agent:write",
  async handle(_request, { node }: NodeDeps) {
    await node.leave();
    return EMPTY;
  },
});

const forceLeave = defineRoute({
  method: "PUT",
  path: "/v1/agent/force-leave/:node{.*}",
  answeredBy: "agent",
  summary: "Treat a failed member as left",
  query: z.object({ dc: one, prune: flag, wan: flag }),
  answer: z.null(),
  acl: "operator:write",
  async handle({ params, query }, { node }: NodeDeps) {
    await node.forceLeave(params.node ?? "", query.prune ?? false, query.wan !== undefined);
    return EMPTY;
  },
});

/** Until access control is built the agent has no tokens; Consul with ACLs off answers so for every type. */
const token = defineRoute({
  method: "PUT",
  path: "/v1/agent/token/:type{.*}",
  answeredBy: "agent",
  summary: "Set a token of this agent",
  query: z.object({ dc: one }),
  answer: z.null(),
  acl: "agent:write",
  handle: () => text("ACL support disabled", 401),
});

export const agentNodeRoutes = [self, host, members, reload, join, leave, forceLeave, token] as const;

/** Consul's words, for its servers and for its clients. */
function noSegment(segment: string, wan: boolean, isServer: boolean): Refusal {
  if (wan) return new Refusal("Cannot provide a segment with wan=true", 400);
  if (!isServer) return new Refusal(`segment ${JSON.stringify(segment)} not found`);
  return new Refusal("Network segments are not supported in this version of Consul");
}

/** Only `1` means the WAN pool (observed). */
function isWan(value: string | undefined): boolean {
  return value === "1";
}
