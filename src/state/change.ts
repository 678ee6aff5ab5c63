import type { StateDb } from "./db.ts";
import type { Topic } from "./topics.ts";

/**
 * One log entry being applied. Handlers are deterministic: everything random or timed comes in the command itself.
 * A handler either throws a Refusal before its first write, or does its writes inside `atomically`.
 */
export interface Change {
  readonly db: StateDb;
  /** The entry's index as clients see it (`Machine.stateIndex`); becomes CreateIndex and ModifyIndex. */
  readonly index: number;
  /** Says that readers of `topic` would now see another answer. */
  touch(topic: Topic): void;
  /** Says that these keys lost their holder: the leader refuses their lock for a while (kept in its memory only). */
  delayLocks(keys: readonly string[], lockDelayNs: number): void;
  /** Runs `write` in a savepoint: when it throws, its rows and topics are undone and the error goes on. */
  atomically<T>(write: () => T): T;
}
