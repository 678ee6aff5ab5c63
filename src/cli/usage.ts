import type { FlagSpec } from "../lang/goflags.ts";
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import type { CommandEntry, Entry, GroupEntry } from "./command.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "./common-flags.ts";

const HELP_COLUMNS = 80;
const DOC_COLUMNS = 72;

/** The common flags that an entry takes beside its own, by name. */
export function httpFlags(entry: CommandEntry): readonly FlagSpec[] {
  if (entry.http === "none") return [];
  return sortByName(entry.http === "server" ? [...CLIENT_FLAGS, ...SERVER_FLAGS] : CLIENT_FLAGS);
}

/** Help of the program: every top-level word with its synopsis. */
export function rootHelp(program: string, entries: readonly Entry[]): string {
  const words = entries.filter((entry) => !entry.path.includes(" "));
  return [
    `Usage: ${program} [--version] [--help] <command> [<args>]`,
    "",
    "Available commands are:",
    ...synopses(words, (entry) => entry.path),
    "",
  ].join("\n");
}

/** Help of a group: its text and the words one level below. */
export function groupHelp(program: string, entry: GroupEntry, entries: readonly Entry[]): string {
  const depth = entry.path.split(" ").length + 1;
  const below = entries.filter(
    (other) => other.path.startsWith(`${entry.path} `) && other.path.split(" ").length === depth,
  );
  return [
    `Usage: ${program} ${entry.path} <subcommand> [options] [args]`,
    ...prose(program, entry),
    "",
    "Subcommands:",
    ...synopses(below, (other) => other.path.slice(entry.path.length + 1)),
  ].join("\n");
}

/** Help of a command: usage line, text, examples, its own flags, the common flags. */
export function commandHelp(program: string, entry: CommandEntry): string {
  const lines = [`Usage: ${program} ${entry.path} ${entry.usage}`.trimEnd(), ...prose(program, entry)];
  const sections = [
    ["Command Options", sortByName(entry.flags)],
    ["HTTP API Options", httpFlags(entry)],
  ] as const;
  for (const [title, flags] of sections) {
    if (flags.length === 0) continue;
    lines.push("", title);
    for (const flag of flags) {
      const word = placeholder(flag);
      lines.push(
        "",
        `  -${flag.name}${word === "" ? "" : `=<${word}>`}`,
        ...wrap(`${flag.doc}${defaultNote(flag)}`, DOC_COLUMNS, "     "),
      );
    }
  }
  return lines.join("\n");
}

/** What Go's `flag` package prints below a flag error. */
export function goFlagUsage(flags: readonly FlagSpec[]): string {
  const lines = ["Usage:"];
  for (const flag of sortByName(flags)) {
    const word = placeholder(flag);
    lines.push(`  -${flag.name}${word === "" ? "" : ` ${word}`}`, `    \t${flag.doc}${defaultNote(flag)}`);
  }
  return lines.join("\n");
}

function prose(program: string, entry: Entry): string[] {
  const lines: string[] = [];
  for (const paragraph of entry.about)
    lines.push("", ...wrap(paragraph.replaceAll("{program}", program), HELP_COLUMNS, "  "));
  for (const { why, line } of entry.examples ?? [])
    lines.push("", ...wrap(why, HELP_COLUMNS, "  "), "", `      $ ${program} ${line}`);
  return lines;
}

function synopses(entries: readonly Entry[], name: (entry: Entry) => string): string[] {
  const width = Math.max(...entries.map((entry) => name(entry).length));
  return entries.map((entry) => `    ${name(entry).padEnd(width)}    ${entry.synopsis}`).sort();
}

function sortByName(flags: readonly FlagSpec[]): FlagSpec[] {
  return [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const KIND_WORDS: Partial<Record<FlagSpec["kind"], string>> = {
  bool: "",
  string: "string",
  int: "int",
  uint: "uint",
  duration: "duration",
};

function placeholder(flag: FlagSpec): string {
  if (flag.placeholder !== undefined) return flag.placeholder;
  if (flag.kind === "bool") return "";
  return flag.nullable ? "value" : (KIND_WORDS[flag.kind] ?? "value");
}

/** Go leaves out a default that is the kind's zero value. */
function defaultNote(flag: FlagSpec): string {
  const value = flag.default;
  if (value === undefined || value === false || value === "" || value === 0 || value === 0n) return "";
  if (flag.kind === "duration") return ` (default ${formatDurationNs(Number(value) * NS_PER_MS)})`;
  return ` (default ${typeof value === "string" ? JSON.stringify(value) : value})`;
}

function wrap(text: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(indent + line);
  return lines;
}
