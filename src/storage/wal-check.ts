import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { DamageError } from "./failure.ts";
import { scanWal, type WalScan } from "./wal-scan.ts";

/**
 * Looks at the WAL of the database at `path` before SQLite recovers it, because SQLite drops everything behind a broken
 * frame without a word. Returns what an operator should know, or undefined; throws a DamageError when transactions that
 * were acknowledged would be lost.
 */
export function checkWal(path: string, pageBytes: number): string | undefined {
  const walPath = `${path}-wal`;
  if (!existsSync(walPath)) return undefined;
  const scan = scanFile(walPath, pageBytes);
  if (scan.kind === "damaged") throw new DamageError(walPath, `${scan.what} at offset ${scan.offset}`);
  // SQLite deletes the WAL of an empty database.
  const isEmpty = !existsSync(path) || statSync(path).size === 0;
  if (isEmpty && scan.commits > 0) throw new DamageError(path, "it is empty, but its write-ahead log is not");
  if (scan.kind === "sound") return undefined;
  return `${walPath} ends at offset ${scan.offset} with an unfinished write that nobody was told had succeeded; it is dropped`;
}

function scanFile(walPath: string, pageBytes: number): WalScan {
  const fd = openSync(walPath, "r");
  try {
    const read = (offset: number, length: number) => {
      const bytes = new Uint8Array(length);
      readSync(fd, bytes, 0, length, offset);
      return new DataView(bytes.buffer);
    };
    return scanWal({ size: fstatSync(fd).size, read }, pageBytes);
  } finally {
    closeSync(fd);
  }
}
