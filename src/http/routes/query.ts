import { z } from "zod";
import { goParseBool } from "../../lang/filter/go-string.ts";
import { encodeGoJson } from "../../lib/go-json.ts";
import { Refusal } from "../../lib/refusal.ts";
import { HealthCheck } from "../../model/check.ts";
import { PreparedQuery, QueryDefinition, refuseBadQueryId } from "../../model/prepared-query.ts";
import type { QueryAnswer, QueryRun } from "../../server/query-executor.ts";
import type { QueryResult } from "../../state/query.ts";
import { freshnessHeaders } from "../consistency.ts";
import { one, READ_QUERY, type ReadQuery } from "../query-schema.ts";
import { INDEX_HEADER } from "../respond.ts";
import { type ApiRequest, defineRoute, EMPTY, type Freshness, json, type Reply, reply, text } from "../route.ts";
import { instanceFromAfar } from "../wan-addresses.ts";
import { InstanceHealth } from "./health.ts";

/** Empty lists are null in these answers alone (observed, Consul 1.8.7). */
const BareCheck = HealthCheck.extend({ ServiceTags: z.array(z.string()).nullable() });

const BareInstance = InstanceHealth.extend({ Checks: z.array(BareCheck).nullable() });

const Executed = z.object({
  Service: z.string(),
  Nodes: z.array(BareInstance),
  DNS: z.object({ TTL: z.string() }),
  Datacenter: z.string(),
  Failovers: z.number().int(),
});

export interface QueryDeps {
  query: {
    /** Resolves with the new query's id. */
    create(query: QueryDefinition): Promise<string>;
    update(query: QueryDefinition): Promise<unknown>;
    delete(id: string): Promise<unknown>;
    get(id: string): QueryResult<PreparedQuery | undefined>;
    list(): QueryResult<PreparedQuery[]>;
    /** Undefined when there is none of that name. */
    resolve(idOrName: string): PreparedQuery | undefined;
    execute(run: QueryRun): Promise<QueryAnswer | undefined>;
    /** Name of this agent's node. */
    agentNode(): string;
  };
}

const WriteQuery = z.object({ dc: one });
const NOT_FOUND = "Query not found";
const notFound = () => new Refusal(NOT_FOUND, 404);
/** Consul's handlers of single queries tell their methods themselves. */
const handler = { ownMethods: true } as const;
const reading = { acl: "query:read", effectiveConsistency: true } as const;

const list = defineRoute({
  method: "GET",
  path: "/v1/query",
  summary: "List all prepared queries",
  query: z.object(READ_QUERY),
  answer: z.array(PreparedQuery),
  ...reading,
  blocking: "index",
  read: (_request, { query }: QueryDeps) => query.list(),
});

const create = defineRoute({
  method: "POST",
  path: "/v1/query",
  summary: "Create a prepared query",
  query: WriteQuery,
  body: QueryDefinition,
  answer: z.object({ ID: z.string() }),
  acl: "query:write",
  handle: async ({ body }, { query }: QueryDeps) => json({ ID: await query.create(body) }),
});

/** What every answer about an executed or explained query says of itself; the index is always 0 in Consul. */
const META = {
  Index: z.number().int(),
  /** Nanoseconds. */
  LastContact: z.number().int(),
  KnownLeader: z.boolean(),
  ConsistencyLevel: z.string(),
};
const NS_PER_MS = 1e6;

const execute = defineRoute({
  method: "GET",
  path: "/v1/query/:id/execute",
  summary: "Execute a prepared query by id or name",
  query: z.object({ ...READ_QUERY, near: one, limit: one, connect: one }),
  answer: Executed.extend(META),
  acl: ["service:read", "node:read"],
  effectiveConsistency: true,
  readsByHandle: true,
  ...handler,
  async handle(request, { query }: QueryDeps) {
    const freshness = await request.readable();
    const { limit = "", connect = "", near = "" } = request.query;
    if (!/^([+-]?\d+)?$/.test(limit)) return badText("Bad limit: strconv.Atoi", limit);
    const isConnect = boolOf(connect);
    if (isConnect === undefined) return badText("Error parsing 'connect' value: strconv.ParseBool", connect);
    const found = await query.execute({
      idOrName: request.params.id ?? "",
      agentNode: request.askedNode ?? query.agentNode(),
      near,
      sourceAddress: sourceAddress(request),
      limit: Number(limit),
      connect: isConnect,
    });
    if (found === undefined) throw notFound();
    const nodes = request.isFar(found.Datacenter) ? found.Nodes.map(instanceFromAfar) : found.Nodes;
    const Nodes = nodes.map(bareInstance);
    const meta = metaOf(request.query, freshness);
    const headers = { ...headersOf(meta, freshness), ...(request.query.cached ? { "X-Cache": "MISS" } : {}) };
    return reply({
      json: { ...found, Nodes, ...meta },
      compact: () => compactText({ ...found, ...meta }, Nodes),
      headers,
    });
  },
});

const explain = defineRoute({
  method: "GET",
  path: "/v1/query/:id/explain",
  summary: "Show the prepared query that a name stands for, with its template filled in",
  query: z.object(READ_QUERY),
  answer: z.object({ Query: PreparedQuery, ...META }),
  ...reading,
  readsByHandle: true,
  ...handler,
  async handle(request, { query }: QueryDeps) {
    const freshness = await request.readable();
    const found = query.resolve(request.params.id ?? "");
    if (found === undefined) throw notFound();
    const meta = metaOf(request.query, freshness);
    return reply({ json: { Query: found, ...meta }, headers: headersOf(meta, freshness) });
  },
});

const read = defineRoute({
  method: "GET",
  path: "/v1/query/:id{.*}",
  summary: "Read a prepared query",
  query: z.object(READ_QUERY),
  answer: z.array(PreparedQuery),
  ...reading,
  blocking: "index",
  ...handler,
  read({ params: { id = "" } }, { query }: QueryDeps) {
    // Nobody's name: what is to be executed or explained was left out.
    if (id === "execute" || id === "explain") throw notFound();
    refuseBadQueryId(id);
    const found = query.get(id);
    if (found.value === undefined) throw notFound();
    return { ...found, value: [found.value] };
  },
});

const update = defineRoute({
  method: "PUT",
  path: "/v1/query/:id{.*}",
  summary: "Replace a prepared query",
  query: WriteQuery,
  body: QueryDefinition,
  answer: z.undefined(),
  acl: "query:write",
  ...handler,
  async handle({ params, body }, { query }: QueryDeps) {
    await query.update({ ...body, ID: params.id ?? "" });
    return EMPTY;
  },
});

const remove = defineRoute({
  method: "DELETE",
  path: "/v1/query/:id{.*}",
  summary: "Delete a prepared query",
  query: WriteQuery,
  answer: z.undefined(),
  acl: "query:write",
  ...handler,
  async handle({ params }, { query }: QueryDeps) {
    await query.delete(params.id ?? "");
    return EMPTY;
  },
});

type Meta = { [K in keyof typeof META]: z.infer<(typeof META)[K]> };

function metaOf(query: Partial<ReadQuery>, { lastContactMs, knownLeader }: Freshness): Meta {
  const ConsistencyLevel = query.consistent ? "consistent" : query.stale || query.max_stale ? "stale" : "leader";
  return { Index: 0, LastContact: Math.floor(lastContactMs * NS_PER_MS), KnownLeader: knownLeader, ConsistencyLevel };
}

function headersOf({ ConsistencyLevel }: Meta, freshness: Freshness): Record<string, string> {
  return {
    [INDEX_HEADER]: "1",
    ...freshnessHeaders(freshness),
    "X-Consul-Effective-Consistency": ConsistencyLevel,
  };
}

type BareInstance = z.infer<typeof BareInstance>;
const bareInstances = new WeakMap<InstanceHealth, BareInstance>();
const instanceTexts = new WeakMap<BareInstance, string>();

/** The same for the same instance, since most of what is executed is what was executed before. */
function bareInstance(instance: InstanceHealth): BareInstance {
  const known = bareInstances.get(instance);
  if (known !== undefined) return known;
  const bare = { ...instance, Checks: bareChecks(instance.Checks) };
  bareInstances.set(instance, bare);
  return bare;
}

function bareChecks(checks: InstanceHealth["Checks"]): BareInstance["Checks"] {
  if (checks.length === 0) return null;
  return checks.map((check) => (check.ServiceTags.length === 0 ? { ...check, ServiceTags: null } : check));
}

/** Only the order of the instances is new each time, so their texts are kept. */
function compactText(answer: QueryAnswer & Meta, nodes: readonly BareInstance[]): string {
  const fields = Object.entries(answer).map(([key, value]) => {
    const text = key === "Nodes" ? `[${nodes.map(instanceText).join(",")}]` : encodeGoJson(value);
    return `${encodeGoJson(key)}:${text}`;
  });
  return `{${fields.join(",")}}`;
}

function instanceText(instance: BareInstance): string {
  const text = instanceTexts.get(instance) ?? encodeGoJson(instance);
  instanceTexts.set(instance, text);
  return text;
}

/** Consul says these without the headers of a read. */
function badText(where: string, value: string): Reply {
  return text(`${where}: parsing ${JSON.stringify(value)}: invalid syntax`, 500);
}

function boolOf(value: string): boolean | undefined {
  try {
    return value !== "" && goParseBool(value);
  } catch {
    return undefined;
  }
}

/** Who asks, as a proxy in between tells it. */
function sourceAddress({ raw, remoteAddress }: Pick<ApiRequest, "raw" | "remoteAddress">): string {
  const [told = ""] = (raw.headers.get("x-forwarded-for") ?? "").split(",");
  return told.trim() || remoteAddress();
}

// The longer paths before the one that takes all.
export const queryRoutes = [list, create, execute, explain, read, update, remove] as const;
