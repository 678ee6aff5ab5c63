import type { HealthStatus } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";

/** What one run of a check found. */
export interface CheckResult {
  status: HealthStatus;
  output: string;
}

/** A check at work. `start` and `stop` are called once each, in that order; after `stop` nothing is reported any more. */
export interface Check {
  start(): void;
  stop(): void;
}

/** Asks once. Resolves to a result whatever happens outside; an abort means that nobody waits for it any more. */
export type Probe = (signal: AbortSignal) => Promise<CheckResult>;

/** Where results go. */
export type Report = (result: CheckResult) => void;

/** Runs checks; results come back to the state by themselves. */
export interface CheckRunners {
  /** Starts (or restarts) the check of that id. Unknown kinds, such as maintenance, are never started. */
  start(id: string, run: CheckRun, current: CheckResult): void;
  stop(id: string): void;
  /** What a TTL check's service says; undefined when there is no such TTL check. Gives back what was kept. */
  updateTtl(id: string, result: CheckResult): { result: CheckResult; ttlMs: number } | undefined;
}
