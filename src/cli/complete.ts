import type { Entry } from "./command.ts";
import { httpFlags } from "./usage.ts";

/**
 * What may come next on a command line, for shells: `line` is what was typed so far, the program's name first. Words of
 * the table, and flags once a command is complete and the word begins with a dash.
 */
export function candidates(entries: readonly Entry[], line: string): string[] {
  const typed = line.trimStart().split(/\s+/);
  const last = typed.pop() ?? "";
  const path = pathOf(entries, typed.slice(1));
  const entry = entries.find((one) => one.path === path);
  if (last.startsWith("-")) return flagsOf(entry, path).filter((flag) => flag.startsWith(last));
  if (entry?.kind === "command") return [];
  const prefix = path === "" ? "" : `${path} `;
  const words = entries
    .filter((one) => one.path.startsWith(prefix))
    .map((one) => one.path.slice(prefix.length))
    .filter((word) => word !== "" && !word.includes(" ") && word.startsWith(last));
  return words.sort();
}

/** The words of `typed` that are a path of the table, up to the command that they end in. */
function pathOf(entries: readonly Entry[], typed: readonly string[]): string {
  let path = "";
  for (const word of typed) {
    const longer = path === "" ? word : `${path} ${word}`;
    if (!entries.some((one) => one.path === longer)) continue;
    path = longer;
    if (entries.some((one) => one.path === path && one.kind === "command")) break;
  }
  return path;
}

function flagsOf(entry: Entry | undefined, path: string): string[] {
  if (entry?.kind === "command") return [...httpFlags(entry), ...entry.flags].map(({ name }) => `-${name}`).sort();
  return path === "" ? ["-autocomplete-install", "-autocomplete-uninstall", "-help", "-version"] : ["-help"];
}
