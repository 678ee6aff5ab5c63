/**
 * Entry files of threads. Each is an entrypoint of the compiled executable beside `src/main.ts`; a test compares the list
 * with what `src` starts.
 */
export const WORKER_ENTRIES = ["src/storage/log-writer.ts", "src/storage/state-keeper-thread.ts"] as const;
