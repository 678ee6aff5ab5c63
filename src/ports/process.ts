/** A program to run once, without input. */
export interface ProcessRequest {
  /** The program and its arguments; no shell between. */
  command: readonly string[];
  /** After this the program and all its children are killed. */
  timeoutMs: number;
  /** Both outputs in the order they come; never called after the result. */
  onOutput: (chunk: Uint8Array) => void;
}

/** How it ended. `exitCode` is null when a signal ended it. */
export interface ProcessResult {
  exitCode: number | null;
  timedOut: boolean;
}

/** Runs programs in a process group of their own, and leaves none of the group behind. */
export interface ProcessRunner {
  /** Rejects with Go's text when the program can't be started. An abort kills the group. */
  run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult>;
}
