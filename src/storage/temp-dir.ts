import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FREE_BYTES_MIN } from "./log-protocol.ts";

/** Prefix of files and directories that a crash can leave behind. */
export const TEMP_PREFIX = "state-tmp-";
/** Stays free beside what is made for a while: twice what the log keeps free. */
export const SPARE_BYTES = 2 * FREE_BYTES_MIN;

/** Runs `use` with a new directory below `dir`, which is gone afterwards. */
export async function inTempDir<T>(dir: string, use: (temp: string) => Promise<T>): Promise<T> {
  const temp = mkdtempSync(join(dir, TEMP_PREFIX));
  try {
    return await use(temp);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}
