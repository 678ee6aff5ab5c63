import type { Machine } from "../config/load.ts";
import type { Signals } from "./signals.ts";

/** What the agent has of its process. */
export interface AgentProcess {
  env: Readonly<Record<string, string | undefined>>;
  out: { write(text: string): void };
  err: { write(text: string): void };
  machine: Machine;
  signals: Signals;
  /** Ends the process at once. */
  exit(code: number): never;
}
