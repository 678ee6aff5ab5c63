/** Log index of the last change of a table (`nodes`), a service (`service.web`) or an event (`service_last_extinction`). */
export const INDEX_SCHEMA: readonly string[] = [
  "CREATE TABLE indexes (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID",
];
