import { rmSync, writeFileSync } from "node:fs";

/** Writes our process id; the returned function removes the file. Does nothing for "". */
export function writePidFile(path: string): () => void {
  if (path === "") return () => undefined;
  try {
    writeFileSync(path, String(process.pid), { mode: 0o644 });
  } catch (error) {
    throw new Error(`Could not write pid file ${path}: ${(error as Error).message}`);
  }
  return () => rmSync(path, { force: true });
}
