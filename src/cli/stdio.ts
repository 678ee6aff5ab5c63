import { basename } from "node:path";
import type { Sink } from "./context.ts";

/** Codes of shells for "ended by a signal" start here; PIPE is 13. */
const EXIT_BROKEN_PIPE = 128 + 13;

/** This process's own streams and signals, for `runCli`. Call it once: it begins to listen for INT and TERM. */
export function processStdio() {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => {
      interruption.abort();
      // A second signal finds no listener and ends the program at once.
    });
  return {
    out: sink(process.stdout),
    err: sink(process.stderr),
    childOutput: "inherit",
    interrupted: interruption.signal,
    stdin: () => Bun.stdin.bytes(),
  } as const;
}

/** A reader that went away, such as `head`, is the usual end of a pipe and no error to tell. */
function sink(stream: NodeJS.WriteStream): Sink {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_BROKEN_PIPE);
    throw error;
  });
  return {
    write(chunk) {
      stream.write(chunk);
    },
  };
}

/** What usage texts call this program: `consul` when its file is named so, else `muster`. */
export function programName(executable: string): "consul" | "muster" {
  return basename(executable) === "consul" ? "consul" : "muster";
}
