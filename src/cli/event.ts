import type { ParsedFlags } from "../lang/goflags.ts";
import { compileRegexp } from "../lang/re2/regexp.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, errorText, orFail, UsageFailure } from "./context.ts";
import type { EVENT_FLAGS } from "./table/event.ts";

/** `event`: fires a user event and prints its ID. */
export async function run(context: CommandContext, { values, args }: ParsedFlags<typeof EVENT_FLAGS>): Promise<number> {
  if (values.name === "") throw new UsageFailure("Event name must be specified");
  for (const filter of ["node", "service", "tag"] as const) checkFilter(filter, values[filter]);
  if (values.tag !== "" && values.service === "")
    throw new CommandFailure("Cannot provide tag filter without service filter.");
  if (args.length > 1) throw new UsageFailure("Too many command line arguments.");
  await readSelf(context);
  const query = {
    node: values.node || undefined,
    service: values.service || undefined,
    tag: values.tag || undefined,
  };
  const work = context.api.put(`/v1/event/fire/${values.name}`, { query, body: args[0] ?? "" });
  const event = decodeGoJson(await orFail("Error firing event", work)) as { readonly ID: string };
  if (values.format === "json") context.out.write(encodeGoJson(event, true));
  else context.print(`Event ID: ${event.ID}`);
  return 0;
}

function checkFilter(name: string, pattern: string): void {
  try {
    compileRegexp(pattern);
  } catch (error) {
    throw new CommandFailure(`Failed to compile ${name} filter regexp: ${errorText(error)}`);
  }
}
