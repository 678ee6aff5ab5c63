import type { ReadSources } from "../config/read.ts";
import type { ServiceDefinition } from "../model/definition.ts";
import type { Clock } from "../ports/clock.ts";
import type { ApiClient } from "./http.ts";

/** Where a command prints. */
export interface Sink {
  write(chunk: string | Uint8Array): void;
}

/** What validating configuration gives; `errors` empty means valid. */
export interface ConfigVerdict {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What the command line needs from the world and from layers that it must not import. */
export interface CliDeps {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  /** How usage texts call the program; see `programName`. */
  readonly program: string;
  /** The executable's path, which shell completion calls back. */
  readonly executable: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Sink;
  readonly err: Sink;
  /** Children write to our own descriptors; `pipe` sends their output through `out` and `err`, for whoever keeps it. */
  readonly childOutput: "inherit" | "pipe";
  /** Everything on standard input. */
  stdin(): Promise<Uint8Array>;
  /** The line that a person answers; undefined when standard input is no terminal or ends. */
  question(text: string): Promise<string | undefined>;
  readonly clock: Clock;
  /** Aborted at the first INT or TERM. */
  readonly interrupted: AbortSignal;
  /** `agent`: runs until it is stopped and gives the exit code. */
  runAgent(argv: readonly string[]): Promise<number>;
  /** The services that configuration files define, in their order. Throws with the text that tells what is wrong. */
  loadServices(files: readonly string[]): Promise<readonly ServiceDefinition[]>;
  /** The texts of files and directories, as `agent` finds them. Throws when they can't be read. */
  readConfigSources(paths: readonly string[]): Promise<ReadSources>;
  /** Reads files and directories as `agent` would. Throws when they can't be read. */
  validateConfig(paths: readonly string[], options: { readonly format: string }): Promise<ConfigVerdict>;
}

/** What a command's handler gets: the world, printing by the line, and a client made from the common flags. */
export interface CommandContext extends CliDeps {
  readonly api: ApiClient;
  /** Prints a line on standard output. */
  print(line: string | Uint8Array): void;
  /** Prints a line on standard error. */
  complain(line: string): void;
}

/** What it takes to ask the agent now and again. */
export type ApiContext = Pick<CommandContext, "api" | "clock">;

/** Ends a command with a text on standard error and an exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** A CommandFailure that shows the command's help below its text. */
export class UsageFailure extends CommandFailure {
  constructor(message: string) {
    super(message);
    this.name = "UsageFailure";
  }
}

/** Waits for `work` and puts `prefix: ` before the text of its failure, as Consul's commands do. */
export async function orFail<T>(prefix: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new CommandFailure(`${prefix}: ${errorText(error)}`);
  }
}

/** The text of anything thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
