import { z } from "zod";
import { defineRoute, json } from "../route.ts";

export interface OpenApiDeps {
  /** The edge's own, of all routes that it has. */
  openApi(): Record<string, unknown>;
}

export const openApiRoutes = [
  defineRoute({
    method: "GET",
    path: "/v1/openapi.json",
    answeredBy: "agent",
    summary: "This API as an OpenAPI 3.1 document",
    query: z.object({}),
    answer: z.record(z.string(), z.unknown()),
    acl: "none",
    beyondConsul: true,
    handle: (_request, deps: OpenApiDeps) => json(deps.openApi()),
  }),
] as const;
