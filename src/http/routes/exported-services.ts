import { z } from "zod";
import { ExportedService } from "../../model/exported-service.ts";
import type { QueryResult } from "../../state/query.ts";
import { READ_QUERY } from "../query-schema.ts";
import { defineRoute } from "../route.ts";

export interface ExportedServicesDeps {
  exportedServices: {
    list(): QueryResult<ExportedService[]>;
  };
}

const exported = defineRoute({
  method: "GET",
  path: "/v1/exported-services",
  summary: "Services that the config entry `exported-services` names, with the peers that may use them",
  query: z.object(READ_QUERY),
  answer: z.array(ExportedService),
  acl: "mesh:read",
  blocking: "index",
  beyondConsul: true,
  read: (_request, { exportedServices }: ExportedServicesDeps) => exportedServices.list(),
});

const imported = defineRoute({
  method: "GET",
  path: "/v1/imported-services",
  summary: "Services of peers: none, as there is no cluster peering",
  query: z.object(READ_QUERY),
  answer: z.array(z.never()),
  acl: "mesh:read",
  blocking: "index",
  beyondConsul: true,
  read: (_request, _deps: ExportedServicesDeps) => ({ value: [], index: 0, interest: { topics: [] } }),
});

export const exportedServicesRoutes = [exported, imported] as const;
