import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, orFail, UsageFailure } from "./context.ts";
import type { NO_FLAGS } from "./table/agent.ts";

/** `leave`: the agent answers when it has left. */
export async function run(context: CommandContext, { args }: ParsedFlags<typeof NO_FLAGS>): Promise<number> {
  if (args.length > 0) throw new UsageFailure(`Error found unexpected args: [${args.join(" ")}]`);
  await orFail("Error leaving", context.api.put("/v1/agent/leave"));
  context.print("Graceful leave complete");
  return 0;
}
