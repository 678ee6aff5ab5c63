import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ProcessRequest, ProcessResult, ProcessRunner } from "../ports/process.ts";

/** How long a background child may hold the output open after the program itself ended. */
const DRAIN_GRACE_MS = 200;
/** These two would change what a child that is a Bun program does. */
const OWN_VARIABLES = new Set(["BUN_OPTIONS", "BUN_BE_BUN"]);

/** Programs by `Bun.spawn`, each the leader of a new session, so that one signal reaches all of its children. */
export class BunProcessRunner implements ProcessRunner {
  async run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    signal.throwIfAborted();
    const child = spawn(request);
    const kill = () => killGroup(child.pid);
    let timedOut = false;
    const onTimeout = () => {
      timedOut = true;
      kill();
    };
    const timer = request.timeoutMs === undefined ? undefined : setTimeout(onTimeout, request.timeoutMs);
    signal.addEventListener("abort", kill, { once: true });
    let isOver = false;
    const onOutput = (chunk: Uint8Array) => {
      if (!isOver) request.onOutput(chunk);
    };
    const drained = Promise.all([drain(child.stdout, onOutput), drain(child.stderr, onOutput)]);
    try {
      await child.exited;
      await Promise.race([drained, Bun.sleep(DRAIN_GRACE_MS)]);
      return { exitCode: child.signalCode === null ? child.exitCode : null, timedOut };
    } finally {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      if (request.sparesChildren !== true) kill();
    }
  }
}

function spawn({ command, input, env: more = {} }: ProcessRequest) {
  const [program = ""] = command;
  const path = resolveProgram(program);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.has(name)));
  try {
    const options = { detached: true, stdout: "pipe", stderr: "pipe", env: { ...env, ...more } } as const;
    return Bun.spawn([path, ...command.slice(1)], { ...options, stdin: input ?? "ignore", argv0: program });
  } catch (error) {
    throw new Error(`fork/exec ${path}: ${reasonOf(error)}`);
  }
}

/** Go's LookPath and its texts. */
function resolveProgram(program: string): string {
  if (program.includes("/")) return program;
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory || ".", program);
    if (program !== "" && isExecutable(path)) return path;
  }
  throw new Error(`exec: ${JSON.stringify(program)}: executable file not found in $PATH`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file or directory";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

async function drain(stream: ReadableStream<Uint8Array>, onOutput: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of stream) onOutput(chunk);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: the whole group has ended already.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
