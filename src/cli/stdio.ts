import { writeSync } from "node:fs";
import { basename } from "node:path";
import type { Sink } from "./context.ts";

/** Codes of shells for "ended by a signal" start here; PIPE is 13. */
const EXIT_BROKEN_PIPE = 128 + 13;
/** Pause before trying again a descriptor that somebody else made non-blocking and whose reader is slow. */
const FULL_PIPE_PAUSE_MS = 5;

/**
 * This process's own streams and signals, for `runCli`; it begins to listen for INT and TERM, and a second one of a kind
 * ends the program at once. Writes are synchronous: all is out when `runCli` is done, and a slow reader slows the command
 * down and does not fill the memory.
 */
export function processStdio() {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
  return {
    out: descriptorSink(1),
    err: descriptorSink(2),
    childOutput: "inherit",
    interrupted: interruption.signal,
    stdin: () => Bun.stdin.bytes(),
    question: (text: string) => askTerminal(text, interruption.signal),
  } as const;
}

/** The question goes to standard error, where it is seen also when the answers of the program are piped. */
async function askTerminal(text: string, interrupted: AbortSignal): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  try {
    return await Promise.race([terminal.question(text, { signal: interrupted }), ended]);
  } catch (error) {
    if (interrupted.aborted) return undefined;
    throw error;
  } finally {
    terminal.close();
  }
}

function descriptorSink(descriptor: number): Sink {
  return {
    write(chunk) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      for (let at = 0; at < bytes.length; ) at += writeSome(descriptor, bytes.subarray(at));
    },
  };
}

function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    // A reader that went away, such as `head`, is the usual end of a pipe and nothing to tell.
    if (code === "EPIPE") process.exit(EXIT_BROKEN_PIPE);
    if (code !== "EAGAIN") throw error;
    Bun.sleepSync(FULL_PIPE_PAUSE_MS);
    return 0;
  }
}

/** What usage texts call this program: `consul` when its file is named so, else `muster`. */
export function programName(executable: string): "consul" | "muster" {
  return basename(executable) === "consul" ? "consul" : "muster";
}
