import type { CoreOptions, CoreStatus, Effect, Event, Progress } from "../../../src/raft/core/types.ts";
import type { Entry } from "../../../src/raft/types.ts";

/** What the world uses of the consensus core, so that a changed one can take its place. */
export interface Core {
  readonly nextDeadlineMs: number;
  step(event: Event, nowMs: number): Effect[];
  status(): CoreStatus;
  progress(): Progress[];
  hasLease(nowMs: number, appliedIndex: number): boolean;
  entries(from: number, to: number): readonly Entry[] | undefined;
}

export type MakeCore = (options: CoreOptions) => Core;
