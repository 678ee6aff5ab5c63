import type { FlagSpec, ParsedFlags } from "../lang/goflags.ts";
import type { CommandContext } from "./context.ts";

/** Which common flags a command takes: none, those of the agent's API, or also `-datacenter` and `-stale`. */
export type HttpFlags = "none" | "client" | "server";

export interface Example {
  readonly why: string;
  /** Without the program's name. */
  readonly line: string;
}

interface Described {
  /** Words of the command: `kv get`. */
  readonly path: string;
  /** One line for lists of commands. */
  readonly synopsis: string;
  /** What help says, paragraph by paragraph; `{program}` stands for the program's name. */
  readonly about: readonly string[];
  readonly examples?: readonly Example[];
}

/** A word that only holds sub-commands. */
export interface GroupEntry extends Described {
  readonly kind: "group";
}

export interface CommandEntry extends Described {
  readonly kind: "command";
  /** What follows the path in the usage line: `[options] KEY [DATA]`. */
  readonly usage: string;
  readonly http: HttpFlags;
  readonly flags: readonly FlagSpec[];
  /** The command reads its own words: `flags` are for help and completion only. */
  readonly ownWords?: true;
  /** Flags that only help and completion need, from a table that other commands should not wait for. */
  loadFlags?(): Promise<readonly FlagSpec[]>;
  /** Runs with flags that were parsed by `flags`; gives the exit code. */
  run(context: CommandContext, parsed: ParsedFlags<readonly FlagSpec[]>): Promise<number>;
}

export type Entry = GroupEntry | CommandEntry;

/** The module that a command loads when it runs, and only then. */
export interface Handler<Specs extends readonly FlagSpec[]> {
  run(context: CommandContext, parsed: ParsedFlags<Specs>): Promise<number>;
}

interface Definition<Specs extends readonly FlagSpec[]> extends Described {
  readonly usage: string;
  readonly http: HttpFlags;
  readonly flags: Specs;
  readonly ownWords?: true;
  loadFlags?(): Promise<readonly FlagSpec[]>;
  load(): Promise<Handler<Specs>>;
}

/** An entry of the table whose handler sees its flags by name and type. */
export function command<const Specs extends readonly FlagSpec[]>(definition: Definition<Specs>): CommandEntry {
  const { load, ...rest } = definition;
  return {
    kind: "command",
    ...rest,
    // Only `dispatch` calls `run`, and it parses with this very entry's flags.
    run: async (context, parsed) => (await load()).run(context, parsed as unknown as ParsedFlags<Specs>),
  };
}

/** An entry with all the flags that its help shows. */
export async function withAllFlags<E extends Entry>(entry: E): Promise<E> {
  if (entry.kind === "group" || entry.loadFlags === undefined) return entry;
  return { ...entry, flags: [...entry.flags, ...(await entry.loadFlags())] };
}

export function group(described: Described): GroupEntry {
  return { kind: "group", ...described };
}
