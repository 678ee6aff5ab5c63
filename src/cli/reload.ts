import { type CommandContext, orFail } from "./context.ts";

/** `reload`: the agent answers when it has read its configuration. */
export async function run(context: CommandContext): Promise<number> {
  await orFail("Error reloading", context.api.put("/v1/agent/reload"));
  context.print("Configuration reload triggered");
  return 0;
}
