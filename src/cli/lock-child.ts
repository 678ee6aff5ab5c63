import { pause } from "../lib/pause.ts";
import { type ChildOptions, startChild } from "./child.ts";
import type { CommandContext } from "./context.ts";

/** Time between TERM and KILL. */
const GRACE_MS = 5_000;

/** Why the child had to go before it was done. */
export type Interruption = "lost" | "shutdown";

/**
 * Runs the child until it ends or `interruption` comes, which ends it with TERM and after the grace time with KILL. Gives
 * whether it succeeded. Throws when it can't be started.
 */
export async function runLockChild(
  context: CommandContext,
  options: ChildOptions,
  interruption: Promise<Interruption>,
  tell: (line: string) => void,
): Promise<boolean> {
  const child = startChild(context, options);
  const first = await Promise.race([child.exited, interruption.then((why) => ({ why }))]);
  if (typeof first === "string") {
    tell("Child terminated, releasing lock");
    return report(context, first);
  }
  tell(first.why === "lost" ? "Lock lost, killing child" : "Shutdown triggered, killing child");
  tell(`Terminating child pid ${child.pid}`);
  child.signal("SIGTERM");
  const graceOver = new AbortController();
  const ended = await Promise.race([
    child.exited.then(() => true),
    pause(context.clock, GRACE_MS, graceOver.signal).then(() => false),
  ]);
  graceOver.abort();
  if (ended) {
    tell("Child terminated");
  } else {
    tell(`Child did not exit after grace period of ${GRACE_MS / 1000}s`);
    tell(`Killing child pid ${child.pid}`);
    child.signal("SIGKILL");
  }
  return report(context, await child.exited);
}

function report(context: CommandContext, failure: string): boolean {
  if (failure !== "") context.complain(`Error running handler: ${failure}`);
  return failure === "";
}
