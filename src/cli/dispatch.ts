import { type FlagSpec, GoFlagError, type ParsedFlags, parseGoFlags } from "../lang/goflags.ts";
import { type CommandEntry, type Entry, withAllFlags } from "./command.ts";
import { commands } from "./commands.ts";
import { candidates } from "./complete.ts";
import { type CliDeps, type CommandContext, CommandFailure, errorText, UsageFailure } from "./context.ts";
import { asksForHelp } from "./help-words.ts";
import { ApiClient, HttpConnectError, HttpStatusError } from "./http.ts";
import { environmentWarnings, readHttpSettings } from "./http-settings.ts";
import { commandHelp, goFlagUsage, groupHelp, httpFlags, rootHelp } from "./usage.ts";

/** Consul's code for "no such command". */
const EXIT_UNKNOWN_COMMAND = 127;
const VERSION_WORDS = new Set(["-v", "-version", "--version"]);

/** Runs one command line and gives its exit code. It never throws for what a user can do wrong. */
export async function runCli(deps: CliDeps): Promise<number> {
  // Shells that complete a command line run the program itself with what was typed so far.
  const typed = deps.env.COMP_LINE;
  if (typed !== undefined) {
    for (const word of candidates(await Promise.all(commands.map(withAllFlags)), typed)) deps.out.write(`${word}\n`);
    return 0;
  }
  const { entry, rest, leading } = findEntry(deps.argv);
  if (leading.some((word) => VERSION_WORDS.has(word))) return runCli({ ...deps, argv: ["version"] });
  const installer = leading.find((word) => /^--?autocomplete-(un)?install$/.test(word));
  if (installer !== undefined)
    return runCli({ ...deps, argv: ["completion", installer.replace(/^-+autocomplete-/, "")] });
  const helpWanted = asksForHelp(leading) || asksForHelp(rest);
  if (entry === undefined) {
    const unknown = firstWord(deps.argv) !== undefined || !helpWanted;
    (unknown ? deps.err : deps.out).write(`${rootHelp(deps.program, commands)}\n`);
    return unknown ? EXIT_UNKNOWN_COMMAND : 0;
  }
  if (helpWanted || entry.kind === "group") {
    (helpWanted ? deps.out : deps.err).write(`${helpOf(deps.program, await withAllFlags(entry))}\n`);
    return helpWanted ? 0 : 1;
  }
  return runEntry(deps, entry, rest);
}

/** The help text of a table entry. */
function helpOf(program: string, entry: Entry): string {
  return entry.kind === "group" ? groupHelp(program, entry, commands) : commandHelp(program, entry);
}

function firstWord(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith("-"));
}

/** The longest path of the table that the words spell; flags before the first word are `leading`. */
function findEntry(argv: readonly string[]): { entry: Entry | undefined; leading: string[]; rest: readonly string[] } {
  const start = argv.findIndex((word) => !word.startsWith("-"));
  if (start === -1) return { entry: undefined, leading: [...argv], rest: [] };
  const leading = argv.slice(0, start);
  for (let end = Math.min(argv.length, start + 3); end > start; end--) {
    const path = argv.slice(start, end).join(" ");
    const entry = commands.find((candidate) => candidate.path === path);
    if (entry !== undefined) return { entry, leading, rest: argv.slice(end) };
  }
  return { entry: undefined, leading, rest: argv.slice(start) };
}

async function runEntry(deps: CliDeps, entry: CommandEntry, rest: readonly string[]): Promise<number> {
  try {
    const parsed = parseEntry(deps, entry, rest);
    if (parsed === undefined) return 1;
    return await entry.run(createContext(deps, entry, parsed), parsed);
  } catch (error) {
    if (error instanceof HttpStatusError || error instanceof HttpConnectError) {
      deps.err.write(`${error.message}\n`);
      return 1;
    }
    if (!(error instanceof CommandFailure)) throw error;
    if (error.message !== "") deps.err.write(`${error.message}\n`);
    if (error instanceof UsageFailure)
      deps.err.write(`${error.message === "" ? "" : "\n"}${commandHelp(deps.program, entry)}\n`);
    return error.exitCode;
  }
}

function parseEntry(
  deps: CliDeps,
  entry: CommandEntry,
  rest: readonly string[],
): ParsedFlags<readonly FlagSpec[]> | undefined {
  if (entry.ownWords) return { values: {}, given: new Set(), args: rest };
  const flags = [...httpFlags(entry), ...entry.flags];
  try {
    return checkFormat(entry, parseGoFlags(flags, rest));
  } catch (error) {
    if (!(error instanceof GoFlagError)) throw error;
    if (!error.helpWanted) deps.err.write(`${errorText(error)}\n`);
    deps.err.write(`${goFlagUsage(flags)}\n`);
    return undefined;
  }
}

function checkFormat(entry: CommandEntry, parsed: ParsedFlags<readonly FlagSpec[]>): ParsedFlags<readonly FlagSpec[]> {
  const format: unknown = (parsed.values as Record<string, unknown>).format;
  const known = format === undefined || format === "pretty" || format === "json";
  if (!known && entry.flags.some((flag) => flag.placeholder === "pretty|json"))
    throw new CommandFailure(`Unknown format: ${String(format)}`);
  return parsed;
}

function connect(deps: CliDeps, entry: CommandEntry, parsed: ParsedFlags<readonly FlagSpec[]>): ApiClient {
  const time = new Date(deps.clock.nowMs()).toISOString();
  for (const warning of environmentWarnings(deps.env)) deps.err.write(`${time} ${warning}\n`);
  return new ApiClient(readHttpSettings(entry.http === "none" ? {} : parsed.values, deps.env));
}

function createContext(deps: CliDeps, entry: CommandEntry, parsed: ParsedFlags<readonly FlagSpec[]>): CommandContext {
  let api: ApiClient | undefined;
  return {
    ...deps,
    get api() {
      // Read on first use, so that a command's own complaints come before those about files and addresses.
      api ??= connect(deps, entry, parsed);
      return api;
    },
    print(line) {
      deps.out.write(line);
      deps.out.write("\n");
    },
    complain(line) {
      deps.err.write(`${line}\n`);
    },
  };
}
