/** The archive that a restore is going to use, in parts. They are there only between the first part and the restore. */
export const RESTORE_SCHEMA: readonly string[] = [
  "CREATE TABLE restore_staging (at INTEGER PRIMARY KEY, id TEXT NOT NULL, data BLOB NOT NULL)",
];
