import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import { decodeGo } from "../model/go-decode.ts";

/**
 * The `body` of a route that takes JSON as Go's strict decoder does: unknown keys and wrong types are refused in its
 * words. In documents it is `schema`.
 */
export function goBody<S extends z.ZodObject>(schema: S) {
  const shape = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      delete jsonSchema.go;
    },
  });
  const { $schema: _, ...documented } = shape;
  return z
    .unknown()
    .transform((json, context): z.output<S> => {
      try {
        return decodeGo(schema, json ?? {});
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        context.addIssue({ code: "custom", message: error.message });
        return z.NEVER;
      }
    })
    .meta(documented as Record<string, unknown>);
}
