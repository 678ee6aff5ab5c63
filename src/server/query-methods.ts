import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import { QueryDefinition } from "../model/prepared-query.ts";
import type { QueryExecutor } from "./query-executor.ts";

/** Runs a prepared query of another datacenter here, where nobody there is healthy. */
export const EXECUTE_METHOD = "query.executeElsewhere";

const runSchema = z.object({ query: QueryDefinition, limit: z.int(), connect: z.boolean() });

/** What servers of other datacenters ask. Everything that comes is checked here: whoever reaches the server port may call. */
export function queryMethods(
  executor: Pick<QueryExecutor, "executeForElsewhere">,
): Record<string, (argument: unknown) => Promise<unknown>> {
  return {
    async [EXECUTE_METHOD](argument) {
      const { data, error } = runSchema.safeParse(argument);
      if (error !== undefined) throw new Refusal(`Bad request: ${error.issues[0]?.message ?? ""}`, 400);
      const { Nodes } = executor.executeForElsewhere(data);
      return { Nodes };
    },
  };
}
