import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, orFail, UsageFailure } from "./context.ts";
import type { FORCE_LEAVE_FLAGS } from "./table/agent.ts";

/** `force-leave`: silent when done. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof FORCE_LEAVE_FLAGS>,
): Promise<number> {
  if (args.length !== 1) throw new UsageFailure("A single node name must be specified to force leave.");
  const query = { prune: values.prune ? "1" : undefined, wan: values.wan ? "1" : undefined };
  await orFail("Error force leaving", context.api.put(`/v1/agent/force-leave/${args[0]}`, { query }));
  return 0;
}
