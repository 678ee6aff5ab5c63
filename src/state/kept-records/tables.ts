/** Records of kinds that are not served yet, as they came: `value` is msgpack, and they go out in the order of `position`. */
export const KEPT_RECORD_SCHEMA: readonly string[] = [
  "CREATE TABLE kept_records (position INTEGER PRIMARY KEY, type INTEGER NOT NULL, value BLOB NOT NULL)",
  "CREATE INDEX kept_records_by_type ON kept_records (type)",
];
