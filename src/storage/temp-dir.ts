import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Prefix of directories that a crash can leave behind. */
export const TEMP_PREFIX = "state-tmp-";

/** Runs `use` with a new directory below `dir`, which is gone afterwards. */
export async function inTempDir<T>(dir: string, use: (temp: string) => Promise<T>): Promise<T> {
  const temp = mkdtempSync(join(dir, TEMP_PREFIX));
  try {
    return await use(temp);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}
