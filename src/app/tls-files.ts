import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";

/** The authorities of `ca_file`, or all those of `ca_path`, as one text in PEM; undefined without either. Throws when one can't be read. */
export function readAuthorities({ caFile, caPath }: Pick<Config, "caFile" | "caPath">): string | undefined {
  if (caFile !== "") return readPem(caFile);
  if (caPath === "") return undefined;
  const files = readdirSync(caPath, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return files.map(({ name }) => readPem(join(caPath, name))).join("\n");
}

/** A certificate or key. */
export function readPem(path: string): string {
  return readFileSync(path, "utf8");
}
