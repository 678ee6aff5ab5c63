import type { Database } from "bun:sqlite";
import { FormatError } from "./failure.ts";
import { EMPTY_BASE, type LogBase } from "./log-outline.ts";

/** Of `raft.db`. Version 1 knew no configurations, no cluster and no table `format`. */
export const LOG_FORMAT = 2;
const APPLICATION_ID = 0x4d757374;

/** Checksum of a row that stands for itself. */
export function sealCrc(...parts: (string | number)[]): number {
  return Bun.hash.crc32(JSON.stringify(parts));
}

const ENTRIES_AND_VOTE = [
  "CREATE TABLE log (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, crc INTEGER NOT NULL)",
  "CREATE TABLE hard_state (term INTEGER NOT NULL, voted_for TEXT NOT NULL, crc INTEGER NOT NULL)",
  `INSERT INTO hard_state VALUES (0, '', ${sealCrc("hard_state", 0, "")})`,
];

/**
 * `base`: where the log begins, and the configuration before it (`config` is JSON, "" when there is none).
 * `format` repeats the version under a checksum, so that a newer file is told from a flipped bit: every later version
 * has this table too. `reserve`: see `LogFile.holdReserve`.
 */
const BASE_AND_CLUSTER = [
  `CREATE TABLE base (idx INTEGER NOT NULL, term INTEGER NOT NULL, chain INTEGER NOT NULL,
    config_idx INTEGER NOT NULL, config TEXT NOT NULL, forced INTEGER NOT NULL, crc INTEGER NOT NULL)`,
  "CREATE TABLE cluster (id TEXT NOT NULL, crc INTEGER NOT NULL)",
  `INSERT INTO cluster VALUES ('', ${sealCrc("cluster", "")})`,
  "CREATE TABLE format (version INTEGER NOT NULL, crc INTEGER NOT NULL)",
  `INSERT INTO format VALUES (${LOG_FORMAT}, ${sealCrc("format", LOG_FORMAT)})`,
  "CREATE TABLE reserve (id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `PRAGMA user_version = ${LOG_FORMAT}`,
];

/** Makes the tables of an empty log. */
export function createLog(db: Database): void {
  db.transaction(() => {
    for (const sql of [...ENTRIES_AND_VOTE, ...BASE_AND_CLUSTER]) db.run(sql);
    insertBase(db, EMPTY_BASE, 0);
  })();
}

/** Brings a verified log of version 1 to this version. */
export function upgradeLog(db: Database, base: LogBase, chain: number): void {
  db.transaction(() => {
    db.run("DROP TABLE base");
    for (const sql of BASE_AND_CLUSTER) db.run(sql);
    insertBase(db, base, chain);
  })();
}

/** `chain`: checksum of the entry that the base stands for. */
export function updateBase(db: Database, base: LogBase, chain: number): void {
  db.query("UPDATE base SET idx = ?, term = ?, chain = ?, config_idx = ?, config = ?, forced = ?, crc = ?").run(
    ...baseRow(base, chain),
  );
}

function insertBase(db: Database, base: LogBase, chain: number): void {
  db.query("INSERT INTO base VALUES (?, ?, ?, ?, ?, ?, ?)").run(...baseRow(base, chain));
}

function baseRow({ index, term, configuration, isForced }: LogBase, chain: number): (string | number)[] {
  const config = configuration === undefined ? "" : JSON.stringify(configuration.configuration);
  const parts = [index, term, chain, configuration?.index ?? 0, config, isForced ? 1 : 0];
  return [...parts, sealCrc("base", ...parts)];
}

/** The version of the file. Throws a FormatError when a newer program wrote it. */
export function formatOf(db: Database, path: string): number {
  const { user_version: version } = db.query("PRAGMA user_version").get() as { user_version: number };
  if (version <= LOG_FORMAT) return version;
  const row = db.query("SELECT version, crc FROM format").get() as { version: number; crc: number } | null;
  if (row?.version !== version || row.crc !== sealCrc("format", version)) return version;
  throw new FormatError(
    `${path} has format ${version}, this program knows up to ${LOG_FORMAT}: run the newer version again, ` +
      "or start with an empty data directory and restore a snapshot",
  );
}
