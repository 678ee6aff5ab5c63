import { z } from "zod";
import type { AnyRoute } from "./endpoint.ts";
import { flag, many } from "./query-schema.ts";

/** The OpenAPI 3.1 document of the table of routes; served at `/v1/openapi.json`. */
export function openApiDocument(routes: readonly AnyRoute[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Muster", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: {
      securitySchemes: {
        token: { type: "apiKey", in: "header", name: "X-Consul-Token" },
        bearer: { type: "http", scheme: "bearer" },
      },
    },
    security: [{}, { token: [] }, { bearer: [] }],
  };
}

function operation(route: AnyRoute): Record<string, unknown> {
  return {
    operationId: operationId(route),
    tags: [route.path.split("/")[2] ?? "other"],
    summary: route.summary,
    "x-acl": route.acl,
    ...(route.blocking === undefined ? {} : { "x-blocking": route.blocking }),
    ...(route.beyondConsul ? { "x-beyond-consul": true } : {}),
    parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
    ...(route.body === undefined ? {} : { requestBody: content(route.body, "input") }),
    responses: {
      "200": { description: "OK", ...content(route.answer, "output") },
      default: { description: "The reason as plain text", content: { "text/plain": { schema: { type: "string" } } } },
    },
  };
}

function operationId(route: AnyRoute): string {
  const words = route.path
    .replace(/\{[^}]*\}/g, "")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "" && word !== "v1");
  return [route.method.toLowerCase(), ...words].map((word, at) => (at === 0 ? word : capital(word))).join("");
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function pathParameters(path: string): Record<string, unknown>[] {
  return [...path.matchAll(/:(\w+)(\{\.\*\})?/g)].map(([, name, rest]) => ({
    name,
    in: "path",
    required: true,
    // OpenAPI has no word for it.
    ...(rest === undefined ? {} : { description: "May hold slashes, which are not escaped." }),
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType): Record<string, unknown>[] {
  if (!(query instanceof z.ZodObject)) return [];
  return Object.entries(query.shape).map(([name, schema]) => ({ name, in: "query", ...queryValue(schema) }));
}

/** No parameter is required: what is missing has a default, or is refused with a text that clients know. */
function queryValue(schema: unknown): Record<string, unknown> {
  if (schema === flag) return { allowEmptyValue: true, schema: { type: "boolean" } };
  if (schema === many) return { explode: true, schema: { type: "array", items: { type: "string" } } };
  return { schema: { type: "string" } };
}

function content(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    // Bytes and 64-bit integers say themselves what they are in JSON; `go` is for the decoder alone.
    override({ zodSchema, jsonSchema }) {
      Object.assign(jsonSchema, z.globalRegistry.get(zodSchema) ?? {});
      delete jsonSchema.go;
    },
  });
  return { content: { "application/json": { schema: json } } };
}
