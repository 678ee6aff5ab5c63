import type { Command } from "../state/commands.ts";

/**
 * Appends a command to the log and resolves with what applying it gave, once it is durable and applied. Rejects with a
 * Refusal when nothing was written: no leader, full disk, or the command itself was refused.
 */
export type Propose = (command: Command) => Promise<unknown>;
