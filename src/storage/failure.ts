import { Refusal } from "../lib/refusal.ts";

/** The stored data is damaged or incomplete: the server must not start, and nothing may be truncated. */
export class DamageError extends Error {
  readonly file: string;
  readonly what: string;
  constructor(file: string, what: string) {
    super(
      `${file} is damaged: ${what}. Nothing was changed. Start with an empty data directory and restore a snapshot ` +
        "(or put back a copy of the data directory); acknowledged writes could be lost otherwise",
    );
    this.name = "DamageError";
    this.file = file;
    this.what = what;
  }
}

/** A newer program wrote the data: nothing is wrong with it, but this one must not use it. */
export class FormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FormatError";
  }
}

/** The `SQLITE_...` code of an error of bun:sqlite, or the errno name of a file system error, or "". */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the disk (or the quota, or the file size limit) has no room left; the failed transaction is rolled back. */
export function isDiskFull(error: unknown): boolean {
  return ["SQLITE_FULL", "ENOSPC", "EDQUOT"].includes(errorCode(error));
}

/** Whether what is in the file is wrong, and not its disk, its rights or another process. */
export function isDamage(error: unknown): boolean {
  const code = errorCode(error);
  // SQLITE_ERROR: an unknown file format, or a table or column that isn't there.
  return code.startsWith("SQLITE_CORRUPT") || ["SQLITE_NOTADB", "SQLITE_ERROR"].includes(code);
}

export function noSpace(dir: string): Refusal {
  return new Refusal(`write refused: no space left on the data directory's disk (${dir}); free some space`);
}

export function noSpaceForCopy(dir: string): Refusal {
  return new Refusal(`no space left on the data directory's disk (${dir}) for a copy of the state; free some space`);
}
