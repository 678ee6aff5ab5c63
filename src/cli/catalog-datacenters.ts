import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { CATALOG_DATACENTERS_FLAGS } from "./table/catalog.ts";

/** `catalog datacenters`: their names in the order the agent gives, nearest first. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof CATALOG_DATACENTERS_FLAGS>,
): Promise<number> {
  if (args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${args.length})`);
  const names = await orFail("Error listing datacenters", context.api.get<string[]>("/v1/catalog/datacenters"));
  if (values.format === "json") context.out.write(encodeGoJson(names, true));
  else for (const name of names) context.print(name);
  return 0;
}
