import type { ParsedFlags } from "../lang/goflags.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { readSelf } from "./agent-self.ts";
import { type CommandContext, orFail, UsageFailure } from "./context.ts";
import { checkFilters, filterQuery } from "./event-filters.ts";
import type { EVENT_FLAGS } from "./table/event.ts";

/** `event`: fires a user event and prints its ID. */
export async function run(context: CommandContext, { values, args }: ParsedFlags<typeof EVENT_FLAGS>): Promise<number> {
  if (values.name === "") throw new UsageFailure("Event name must be specified");
  checkFilters(values);
  if (args.length > 1) throw new UsageFailure("Too many command line arguments.");
  await readSelf(context);
  const work = context.api.put(`/v1/event/fire/${values.name}`, { query: filterQuery(values), body: args[0] ?? "" });
  const event = decodeGoJson(await orFail("Error firing event", work)) as { readonly ID: string };
  if (values.format === "json") context.out.write(encodeGoJson(event, true));
  else context.print(`Event ID: ${event.ID}`);
  return 0;
}
