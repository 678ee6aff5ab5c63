import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export const ROOT = join(import.meta.dir, "../..");

export interface SourceFile {
  /** From the root, such as `src/dns/answer.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked; lines keep their numbers. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written: `../lib/assert.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** For a relative one the path from the root. */
  readonly path?: string;
  readonly isTypeOnly: boolean;
  /** `import("...")`: loaded when it runs and not before. */
  readonly isDynamic: boolean;
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s)?[^;"]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*[,)]/gm;

/** All TypeScript files under a folder, in order of their paths; none when there is no such folder. */
export function sourceFiles(folder: string): SourceFile[] {
  return filesUnder(folder)
    .filter((path) => path.endsWith(".ts") || path.endsWith(".tsx"))
    .map((path) => parse(path, readFileSync(join(ROOT, path), "utf8")));
}

/** Paths from the root of all files under a folder, in order. */
export function filesUnder(folder: string): string[] {
  const full = join(ROOT, folder);
  if (!isFolder(full)) return [];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

/** What a rule reads of a file. */
export function parse(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  const imports = [...code.matchAll(IMPORT)].map((match): Import => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? "";
    const kind = { isTypeOnly: match[1] !== undefined, isDynamic: match[4] !== undefined };
    if (!specifier.startsWith(".")) return { specifier, ...kind };
    return { specifier, ...kind, path: normalize(join(dirname(path), specifier)) };
  });
  return { path, text, code, imports };
}

/** The folder of `src` that a path lies in, or the name of a file directly in `src`: `dns`, `main`. */
export function folderOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.tsx?$/, "");
}

/** Lines of a text that match, as `path:line: text`. */
export function linesWith(file: SourceFile, text: string, pattern: RegExp): string[] {
  return text.split("\n").flatMap((line, at) => (pattern.test(line) ? [`${file.path}:${at + 1}: ${line.trim()}`] : []));
}

function withoutComments(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, " ");
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, blank).replace(/(^|[\s;{}(),])\/\/.*$/gm, blank);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
