import { open, readdir, stat } from "node:fs/promises";
import type { FileReader } from "../config/read.ts";

/** The disk as configuration reads it. */
export const DISK_READER: FileReader = {
  async kindOf(path) {
    try {
      return (await stat(path)).isDirectory() ? "directory" : "file";
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  async readFile(path, bytesMax) {
    const file = await open(path, "r");
    try {
      // The size first, so that a wrong path does not fill the memory.
      if ((await file.stat()).size > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  },
  async listDir(path) {
    return await readdir(path);
  },
};

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
