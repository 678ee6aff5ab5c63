import { type CompletionTarget, installCompletion, uninstallCompletion } from "./completion-files.ts";
import { completionScript, SHELLS } from "./completion-script.ts";
import { type CommandContext, CommandFailure, errorText, UsageFailure } from "./context.ts";

/** `completion`: prints a shell's script, or puts it into the user's start files and takes it out again. */
export async function run(context: CommandContext, { args }: { args: readonly string[] }): Promise<number> {
  const [word = ""] = args;
  if (args.length !== 1) throw new UsageFailure("One of bash, zsh, fish, install or uninstall must be specified");
  const shell = SHELLS.find((name) => name === word);
  if (shell !== undefined) {
    context.out.write(completionScript(shell, context.program, context.executable));
    return 0;
  }
  if (word !== "install" && word !== "uninstall") throw new UsageFailure(`Unknown shell: ${word}`);
  const change = word === "install" ? installCompletion : uninstallCompletion;
  const files = changeFiles(context, change);
  if (files.length === 0)
    throw new CommandFailure(
      word === "install" ? "Nothing to install: no start file of a shell lacks it" : "Not installed",
    );
  for (const file of files) context.print(`Changed ${file}`);
  return 0;
}

function changeFiles(context: CommandContext, change: (target: CompletionTarget) => string[]): string[] {
  const home = context.env.HOME;
  if (!home) throw new CommandFailure("HOME is not set");
  try {
    return change({ home, program: context.program, executable: context.executable });
  } catch (error) {
    throw new CommandFailure(errorText(error));
  }
}
