import { z } from "zod";
import { ConfigEntry, type StoredConfigEntry } from "../../model/config-entry/config-entry.ts";
import { ServiceConfig, type ServiceConfigRequest } from "../../model/service-config.ts";
import type { QueryResult } from "../../state/query.ts";
import { many, READ_QUERY } from "../query-schema.ts";
import { defineRoute } from "../route.ts";

export interface CentralConfigDeps {
  centralConfig: {
    resolve(request: ServiceConfigRequest): QueryResult<ServiceConfig>;
    /** All there are, in full. */
    entries(): QueryResult<StoredConfigEntry[]>;
  };
}

const resolve = defineRoute({
  method: "GET",
  path: "/v1/internal/service-config/:service{.*}",
  summary: "Show what config entries say of a service's proxy and of its upstreams",
  query: z.object({ ...READ_QUERY, upstream: many }),
  answer: ServiceConfig,
  acl: "service:read",
  blocking: "index",
  beyondConsul: true,
  read: ({ params: { service = "" }, query: { upstream = [] } }, { centralConfig }: CentralConfigDeps) =>
    centralConfig.resolve({ name: service, upstreams: upstream }),
});

const entries = defineRoute({
  method: "GET",
  path: "/v1/internal/config-entries",
  summary: "List all config entries in full, as other datacenters copy them",
  query: z.object(READ_QUERY),
  answer: z.array(ConfigEntry),
  acl: "operator:read",
  blocking: "index",
  beyondConsul: true,
  read: (_request, { centralConfig }: CentralConfigDeps) => centralConfig.entries(),
});

export const centralConfigRoutes = [resolve, entries] as const;
