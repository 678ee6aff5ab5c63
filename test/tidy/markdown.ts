import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { filesUnder, ROOT } from "./sources.ts";

export interface CommandBlock {
  /** `README.md:23`. */
  readonly at: string;
  readonly script: string;
  /** Programs beside `muster` that it calls. */
  readonly needs: readonly string[];
  /** Why it is not run. */
  readonly notRun?: string;
}

/** Every document of the project. */
export function documents(): string[] {
  const atRoot = ["README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG"].map((name) => `${name}.md`);
  return [...atRoot, ...filesUnder("docs"), ...filesUnder("src"), ...filesUnder("test")].filter((path) =>
    path.endsWith(".md"),
  );
}

/**
 * The `sh` blocks of a document. Before each stands what the tests do with it: `<!-- test: run -->`, `<!-- test: needs curl dig -->`
 * or `<!-- test: not run (reason) -->`. Throws when a block has no such line.
 */
export function commandBlocks(path: string): CommandBlock[] {
  const lines = read(path).split("\n");
  return lines.flatMap((line, at): CommandBlock[] => {
    if (line !== "```sh") return [];
    const where = `${path}:${at + 1}`;
    const end = lines.indexOf("```", at + 1);
    const script = lines.slice(at + 1, end).join("\n");
    const mark = /^<!-- test: (run|needs ([\w ]+)|not run \((.+)\)) -->$/.exec(lines[at - 2] ?? "");
    if (mark === null) throw new Error(`${where}: no "<!-- test: ... -->" two lines above the block`);
    const [, , needs, notRun] = mark;
    return [{ at: where, script, needs: needs?.split(" ") ?? [], ...(notRun === undefined ? {} : { notRun }) }];
  });
}

/** Files that a document links to, from the root. */
export function linkedFiles(path: string): string[] {
  return [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => normalize(join(dirname(path), target)));
}

/** The cells of every table row of a document. */
export function tableRows(path: string): string[][] {
  return read(path)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.slice(2, -2).split(" | "));
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
