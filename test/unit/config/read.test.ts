import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileReader, readSources } from "../../../src/config/read.ts";
import { validateFiles } from "../../../src/config/validate-files.ts";
import { DISK_READER } from "../../../src/platform/config-files.ts";
import { MACHINE } from "./fixture.ts";

/** Runs `body` with a reader on a directory that holds `files`. */
async function withFiles(files: Record<string, string>, body: (reader: FileReader, dir: string) => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), "muster-config-"));
  try {
    for (const [name, text] of Object.entries(files)) await Bun.write(join(dir, name), text);
    await body(DISK_READER, dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

describe("paths of the command line", () => {
  const files = { "b.hcl": 'node_name = "b"', "a.json": "{}", "c.txt": "x", "sub/d.json": "{" };

  test("a directory gives its .json and .hcl files by name", () =>
    withFiles(files, async (reader, dir) => {
      const { sources, warnings } = await readSources([dir], "", reader);
      expect(sources.map((source) => source.name)).toEqual([`${dir}/a.json`, `${dir}/b.hcl`]);
      expect(warnings).toEqual([]);
    }));

  test("a format makes all files count", () =>
    withFiles(files, async (reader, dir) => {
      const { sources } = await readSources([dir], "hcl", reader);
      expect(sources.map((source) => [source.name.slice(dir.length), source.format])).toEqual([
        ["/a.json", "hcl"],
        ["/b.hcl", "hcl"],
        ["/c.txt", "hcl"],
      ]);
    }));

  test("a single file of another name is skipped with a warning", () =>
    withFiles(files, async (reader, dir) => {
      const { sources, warnings } = await readSources([`${dir}/c.txt`], "", reader);
      expect(sources).toEqual([]);
      expect(warnings).toEqual([
        `skipping file ${dir}/c.txt, extension must be .hcl or .json, or config format must be set`,
      ]);
    }));

  test("what is missing, or of no known format, is refused", () =>
    withFiles({}, async (reader, dir) => {
      expect(readSources([`${dir}/x`], "", reader)).rejects.toThrow(
        `config: Open failed on ${dir}/x. open ${dir}/x: no such file or directory`,
      );
      expect(readSources([], "yaml", reader)).rejects.toThrow("config: -config-format must be either 'hcl' or 'json'");
    }));
});

describe("validate", () => {
  test("tells errors and warnings", () =>
    withFiles({ "a.hcl": "server = true bootstrap = true" }, async (reader, dir) => {
      const path = `${dir}/a.hcl`;
      expect(await validateFiles([path], "", reader, MACHINE)).toEqual({
        errors: ["data_dir cannot be empty"],
        warnings: [],
      });
      await Bun.write(path, `server = true bootstrap = true data_dir = "${dir}"`);
      const good = { errors: [], warnings: ["bootstrap = true: do not enable unless necessary"] };
      expect(await validateFiles([path], "", reader, MACHINE)).toEqual(good);
      await Bun.write(path, `data_dir = "${path}"`);
      const bad = { errors: [`data_dir "${path}" is not a directory`], warnings: [] };
      expect(await validateFiles([path], "", reader, MACHINE)).toEqual(bad);
    }));

  test("refuses what this version would not start with", () =>
    withFiles({ "a.hcl": 'data_dir = "/nowhere/x" acl { enabled = true }' }, async (reader, dir) => {
      const { errors } = await validateFiles([`${dir}/a.hcl`], "", reader, MACHINE);
      expect(errors).toEqual([expect.stringContaining("has no access control")]);
    }));
});
