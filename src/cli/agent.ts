import type { CommandContext } from "./context.ts";

/** `agent`: handed on, words and all, to whoever can run one. */
export async function run(context: CommandContext, { args }: { args: readonly string[] }): Promise<number> {
  return await context.runAgent(args);
}
