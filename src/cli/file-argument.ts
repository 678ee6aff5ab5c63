import { CommandFailure } from "./context.ts";

/** The one FILE that a command needs. */
export function theFile(args: readonly string[]): string {
  if (args.length === 0) throw new CommandFailure("Missing FILE argument");
  if (args.length > 1) throw new CommandFailure(`Too many arguments (expected 1, got ${args.length})`);
  return args[0] ?? "";
}
