import { describe, expect, test } from "bun:test";
import { FOLDERS, IO_FOLDERS, PURE_BUN_FUNCTIONS } from "./layers.ts";
import { folderOf, linesWith, parse, type SourceFile, sourceFiles } from "./sources.ts";

/** Files that use the runtime outside the folders for it, and why. */
const RUNTIME_USES: Readonly<Record<string, string>> = {
  "src/state/db.ts": "the type of the database handle that is handed in",
};

const files = sourceFiles("src");

function wrongImports(file: SourceFile): string[] {
  const folder = FOLDERS.find((each) => each.name === folderOf(file.path));
  if (folder === undefined) return [`${file.path} lies in a folder without a layer`];
  return file.imports.flatMap(({ path }) => {
    if (path === undefined) return [];
    const other = folderOf(path);
    if (path.startsWith("src/") && (other === folder.name || folder.mayImport.includes(other))) return [];
    return [
      `${file.path} imports ${path}, but ${folder.name} may import only ${folder.mayImport.join(", ") || "nothing"}`,
    ];
  });
}

function runtimeUses(file: SourceFile): string[] {
  if (IO_FOLDERS.includes(folderOf(file.path))) return [];
  const imports = file.imports
    .filter(({ specifier }) => /^(bun|node)(:|$)/.test(specifier))
    .map(({ specifier }) => `${file.path} imports ${specifier}`);
  const pure = PURE_BUN_FUNCTIONS.join("|");
  return [...imports, ...linesWith(file, file.code, new RegExp(`\\bBun\\.(?!(${pure})\\b)|(?<![/.\\w])process\\.`))];
}

describe("layers", () => {
  test("every file imports only from folders that its own may import", () => {
    expect(files.flatMap(wrongImports)).toEqual([]);
  });

  test("no folder may import one of a higher layer", () => {
    const layer = new Map(FOLDERS.map((folder) => [folder.name, folder.layer]));
    const up = FOLDERS.flatMap((folder) =>
      folder.mayImport.filter((other) => (layer.get(other) ?? 99) > folder.layer).map((o) => `${folder.name} -> ${o}`),
    );
    expect(up).toEqual([]);
  });

  test("the runtime (bun:*, node:*, Bun, process) appears only in the folders for it and in the named exceptions", () => {
    const uses = files.filter((file) => RUNTIME_USES[file.path] === undefined).flatMap(runtimeUses);
    expect(uses).toEqual([]);
  });

  test("every named exception is still needed", () => {
    const needed = files.filter((file) => runtimeUses(file).length > 0).map((file) => file.path);
    expect(Object.keys(RUNTIME_USES).filter((path) => !needed.includes(path))).toEqual([]);
  });

  test("the scan sees type imports, re-exports, side effects, dynamic imports and imports over several lines", () => {
    const text = `import type { A } from "../a.ts";\nexport { b } from "./b.ts";\nimport "./c.ts";\n// import "./no.ts";
const d = await import("./d.ts");\nimport {\n  e,\n  type F,\n} from "node:fs";\nimport g from "./g.json" with { type: "json" };`;
    const seen = parse("src/x/y.ts", text).imports.map(({ specifier, path }) => path ?? specifier);
    expect(seen.sort()).toEqual(["node:fs", "src/a.ts", "src/x/b.ts", "src/x/c.ts", "src/x/d.ts", "src/x/g.json"]);
  });
});

describe("import cycles", () => {
  test("no file loads itself over others; types and lazy imports load nothing", () => {
    const loads = (file: SourceFile) =>
      file.imports.filter((each) => !each.isTypeOnly && !each.isDynamic).flatMap(({ path }) => path ?? []);
    const imports = new Map(files.map((file) => [file.path, loads(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      if (trail.includes(path) || done.has(path)) return;
      for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of imports.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });
});
