/** A program to run once. */
export interface ProcessRequest {
  /** The program and its arguments; no shell between. */
  command: readonly string[];
  /** After this the program and all its children are killed; left out, it runs as long as it likes. */
  timeoutMs?: number;
  /** Both outputs in the order they come; never called after the result. */
  onOutput: (chunk: Uint8Array) => void;
  /** Its standard input, which is empty when this is left out. */
  input?: Uint8Array;
  /** Variables beside those of this process. */
  env?: Readonly<Record<string, string>>;
  /** What the program started and has left behind at its own end is left alone, and not killed. */
  sparesChildren?: boolean;
}

/** How it ended. `exitCode` is null when a signal ended it. */
export interface ProcessResult {
  exitCode: number | null;
  timedOut: boolean;
}

/** Runs programs in a process group of their own, and leaves none of the group behind but where it is asked to. */
export interface ProcessRunner {
  /** Rejects with Go's text when the program can't be started. An abort kills the group. */
  run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult>;
}
