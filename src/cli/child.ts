import type { CommandContext } from "./context.ts";

export interface ChildOptions {
  /** Words of a command line for the shell, or of a program and its arguments. */
  readonly words: readonly string[];
  readonly shell: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Bytes for the child's standard input; `inherit` hands on this program's. */
  readonly input: string | "inherit" | "none";
}

export interface Child {
  readonly pid: number;
  /** Empty for success, else why in Go's words: `exit status 3`, `signal: killed`. */
  readonly exited: Promise<string>;
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

/**
 * Starts a program of the user's. It leads a process group of its own, so that a signal reaches all that it starts;
 * only a child that shares our terminal stays in our group, because it could not read the terminal from another.
 * Throws with Go's text when there is no such program.
 */
export function startChild(context: CommandContext, options: ChildOptions): Child {
  const { words, shell, input } = options;
  const argv = shell ? [context.env.SHELL || "/bin/sh", "-c", words.join(" ")] : [...words];
  const ownGroup = input !== "inherit";
  const child = spawn(argv, {
    env: { ...context.env, ...options.env },
    detached: ownGroup,
    stdin: input === "inherit" ? "inherit" : input === "none" ? "ignore" : Buffer.from(input),
    stdout: context.childOutput,
    stderr: context.childOutput,
  });
  const copied = Promise.all([copy(child.stdout, context.out), copy(child.stderr, context.err)]);
  return {
    pid: child.pid,
    exited: child.exited.then(async () => {
      await copied;
      return endText(child.exitCode, child.signalCode);
    }),
    signal: (name) => kill(ownGroup ? -child.pid : child.pid, name),
  };
}

type SpawnOptions = Bun.SpawnOptions.OptionsObject<
  "inherit" | "ignore" | Buffer,
  "inherit" | "pipe",
  "inherit" | "pipe"
>;

function spawn(argv: string[], options: SpawnOptions) {
  try {
    return Bun.spawn(argv, options);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    // Go looks for a name in $PATH, and takes a path as it is.
    if (code === "ENOENT" && argv[0]?.includes("/")) throw new Error(`fork/exec ${argv[0]}: no such file or directory`);
    if (code === "ENOENT") throw new Error(`exec: ${JSON.stringify(argv[0])}: executable file not found in $PATH`);
    if (code === "EACCES") throw new Error(`fork/exec ${argv[0]}: permission denied`);
    throw error;
  }
}

async function copy(from: ReadableStream<Uint8Array> | undefined, to: CommandContext["out"]): Promise<void> {
  if (from === undefined) return;
  for await (const chunk of from) to.write(chunk);
}

const SIGNAL_WORDS: Record<string, string> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGABRT: "aborted",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGPIPE: "broken pipe",
  SIGTERM: "terminated",
};

function endText(exitCode: number | null, signal: string | number | null): string {
  if (signal !== null) return `signal: ${SIGNAL_WORDS[signal] ?? signal}`;
  return exitCode === 0 ? "" : `exit status ${exitCode}`;
}

function kill(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended in the meantime, which is what the signal was for.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
