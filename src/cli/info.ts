import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson, sortedRecord } from "../lib/go-json.ts";
import { readSelf } from "./agent-self.ts";
import type { CommandContext } from "./context.ts";
import type { INFO_FLAGS } from "./table/agent.ts";

/** `info`: the agent's figures, sections and keys sorted. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof INFO_FLAGS>): Promise<number> {
  const { Stats = {} } = await readSelf(context, "Error querying agent");
  const sections = Object.entries(sortedRecord(Stats)).map(([name, stats]) => [name, sortedRecord(stats)] as const);
  if (values.format === "json") {
    context.out.write(encodeGoJson(Object.fromEntries(sections), true));
    return 0;
  }
  for (const [name, stats] of sections) {
    context.print(`${name}:`);
    for (const [key, value] of Object.entries(stats)) context.print(`\t${key} = ${value}`);
  }
  return 0;
}
