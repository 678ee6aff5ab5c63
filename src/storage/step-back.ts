import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** Enough to let others go first, and to get a quarter of a core that one of them keeps busy. */
const NICENESS = 5;

/**
 * Has this thread give way to those of the process that answer requests: where cores are few, its seconds of
 * work would else stand in the way of their milliseconds. Linux knows priorities of threads; elsewhere nothing happens.
 */
export function stepBack(): void {
  try {
    // `<pid>/task/<tid>`
    const tid = Number(readlinkSync("/proc/thread-self").split("/")[2]);
    if (Number.isSafeInteger(tid) && tid > 0) setPriority(tid, Math.max(getPriority(tid), NICENESS));
  } catch {
    // It works without.
  }
}
