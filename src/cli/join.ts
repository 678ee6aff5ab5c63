import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, errorText, UsageFailure } from "./context.ts";
import type { JOIN_FLAGS } from "./table/agent.ts";

/** `join`: enough when one address could be joined; every failure is told. */
export async function run(context: CommandContext, { values, args }: ParsedFlags<typeof JOIN_FLAGS>): Promise<number> {
  if (args.length === 0) throw new UsageFailure("At least one address to join must be specified.");
  const query = { wan: values.wan ? "1" : undefined };
  let joined = 0;
  for (const address of args) {
    try {
      await context.api.put(`/v1/agent/join/${address}`, { query });
      joined++;
    } catch (error) {
      context.complain(`Error joining address '${address}': ${errorText(error)}`);
    }
  }
  if (joined > 0) context.print(`Successfully joined cluster by contacting ${joined} nodes.`);
  else context.complain("Failed to join any nodes.");
  return joined > 0 ? 0 : 1;
}
