/**
 * Starts a thread of this folder. In the compiled executable all code is one file at the root of its embedded tree, and
 * the thread's entry lies where `src/storage` is relative to `src/main.ts`; the build names it as an entrypoint.
 */
export function startThread(file: "log-writer.ts" | "state-keeper-thread.ts"): Worker {
  const path = Bun.isStandaloneExecutable ? `./storage/${file}` : `./${file}`;
  return new Worker(new URL(path, import.meta.url).href);
}
