import type { Entry } from "./command.ts";
import { kvCommands } from "./table/kv.ts";

/**
 * Every command there is. Dispatch, help, usage errors and shell completion read this table and nothing else; handlers
 * are loaded when their command runs.
 */
export const commands: readonly Entry[] = [...kvCommands];
