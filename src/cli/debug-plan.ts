import { existsSync } from "node:fs";
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";

/** In the order in which Consul lists them. */
const DEBUG_TARGETS = ["metrics", "logs", "pprof", "host", "agent", "cluster"] as const;
export type DebugTarget = (typeof DEBUG_TARGETS)[number];

const DURATION_MS_MIN = 10_000;
const INTERVAL_MS_MIN = 5_000;

/** What `debug` captures, for how long, and where to. */
export interface DebugPlan {
  readonly targets: ReadonlySet<DebugTarget>;
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly directory: string;
  /** What the user gets in the end: the directory or the archive. */
  readonly result: string;
}

interface DebugWishes {
  readonly capture: readonly string[] | undefined;
  readonly duration: number;
  readonly interval: number;
  readonly output: string;
  readonly archive: boolean;
}

/** Checks what the flags ask for. Throws with Consul's text. */
export function planDebug(wishes: DebugWishes, defaultOutput: string): DebugPlan {
  const { capture = DEBUG_TARGETS, duration: durationMs, interval: intervalMs } = wishes;
  if (durationMs < DURATION_MS_MIN) throw new Error(`duration must be longer than ${durationText(DURATION_MS_MIN)}`);
  if (intervalMs < INTERVAL_MS_MIN) throw new Error(`interval must be longer than ${durationText(INTERVAL_MS_MIN)}`);
  if (durationMs < intervalMs)
    throw new Error(
      `duration (${durationText(durationMs)}) must be longer than interval (${durationText(intervalMs)})`,
    );
  const directory = wishes.output || defaultOutput;
  const result = wishes.archive ? `${directory}.tar.gz` : directory;
  for (const path of [directory, result])
    if (existsSync(path)) throw new Error(`output directory already exists: ${path}`);
  return { targets: new Set(capture.map(targetOf)), durationMs, intervalMs, directory, result };
}

/** `members` is the name that newer Consul gives to `cluster`. */
function targetOf(word: string): DebugTarget {
  const target = DEBUG_TARGETS.find((name) => name === (word === "members" ? "cluster" : word));
  if (target === undefined) throw new Error(`target not found: ${word}`);
  return target;
}

/** Go's text of a time in milliseconds. */
export function durationText(ms: number): string {
  return formatDurationNs(ms * NS_PER_MS);
}
