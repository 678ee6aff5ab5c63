import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { FOLDERS } from "./layers.ts";
import { commandBlocks, documents, linkedFiles, read, tableRows } from "./markdown.ts";
import { folderOf, ROOT, sourceFiles } from "./sources.ts";

describe("documents", () => {
  test("link only to files that exist", () => {
    const dead = documents().flatMap((path) =>
      linkedFiles(path)
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path} -> ${target}`),
    );
    expect(dead).toEqual([]);
  });

  test("say of every block of commands whether it is run, and if not, why", () => {
    expect(documents().flatMap(commandBlocks).length).toBeGreaterThan(5);
  });

  test("name only scripts of package.json", () => {
    const named = documents().flatMap((path) =>
      [...read(path).matchAll(/\b(?:npm|bun) run ([a-z][\w:-]*)/g)].map((match) => match[1] ?? ""),
    );
    const known: readonly string[] = Object.keys(packageJson.scripts);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("name only paths of src, test, scripts, deploy and docs that exist or have their place in the layers", () => {
    const planned = new Set(FOLDERS.map(({ name }) => `src/${name}`));
    const named = documents().flatMap((path) =>
      [...read(path).matchAll(/`((?:src|test|scripts|deploy|docs)\/[\w./-]*\w)\/?`/g)].map((match) => match[1] ?? ""),
    );
    expect([...new Set(named)].filter((path) => !existsSync(join(ROOT, path)) && !planned.has(path))).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  const rows = tableRows("ARCHITECTURE.md")
    .filter(([, folder]) => folder?.startsWith("`src/"))
    .map(([layer, folder]) => `${layer} ${folder?.slice(5, -1)}`);

  test("shows the layers that the check enforces", () => {
    expect(rows).toEqual(FOLDERS.map(({ layer, name }) => `${layer} ${name}`).sort(byLayer(rows)));
  });

  test("has a row for every folder of src", () => {
    const folders = new Set(sourceFiles("src").map(({ path }) => folderOf(path)));
    expect([...folders].filter((name) => !rows.some((row) => row.endsWith(` ${name}`)))).toEqual([]);
  });
});

describe("decisions", () => {
  const files = readdirSync(join(ROOT, "docs/decisions"))
    .filter((name) => name !== "README.md")
    .sort();

  test("are numbered without gaps", () => {
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, at) => at + 1));
  });

  test("state context, choice and price under their number", () => {
    const bad = files.filter((name) => {
      const text = read(`docs/decisions/${name}`);
      const parts = ["**Context.**", "**Choice.**", "**Price.**"].map((part) => text.indexOf(part));
      const inOrder = parts.every((at, i) => at > 0 && at > (parts[i - 1] ?? 0));
      return !inOrder || !text.startsWith(`# ${Number(name.slice(0, 4))}. `);
    });
    expect(bad).toEqual([]);
  });
});

test("CHANGELOG.md has what is not released first", () => {
  const headings = [...read("CHANGELOG.md").matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  expect(headings[0]).toBe("Unreleased");
});

/** Order does not matter within a layer; the document's is taken. */
function byLayer(rows: readonly string[]): (a: string, b: string) => number {
  return (a, b) => rows.indexOf(a) - rows.indexOf(b);
}
