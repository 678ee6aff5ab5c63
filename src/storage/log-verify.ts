import type { Database } from "bun:sqlite";
import type { HardState, LogBounds } from "../raft/types.ts";
import { DamageError, errorCode, errorText, isDamage } from "./failure.ts";

export const SCHEMA_VERSION = 1;

/** Checksum of an entry, chained with the one before, so that a lost, moved or foreign entry shows too. */
export function chainCrc(previous: number, index: number, term: number, type: string, data: string): number {
  return Bun.hash.crc32(`${previous} ${index} ${term} ${type} ${data}`);
}

/** Checksum of a row that stands for itself. */
export function sealCrc(...parts: (string | number)[]): number {
  return Bun.hash.crc32(JSON.stringify(parts));
}

interface LogRow {
  idx: number;
  term: number;
  type: string;
  data: string;
  crc: number;
}

export interface VerifiedLog {
  hardState: HardState;
  bounds: LogBounds;
  /** Checksum of the last entry. */
  chain: number;
}

/**
 * Reads the whole log once, row by row: structure of the file, no hole, every checksum. Throws a DamageError that names
 * `path` and what is wrong; errors of the disk itself go through.
 */
export function verifyLog(db: Database, path: string): VerifiedLog {
  try {
    return verify(db);
  } catch (error) {
    // Without a code it is one of the findings below.
    throw isDamage(error) || errorCode(error) === "" ? new DamageError(path, errorText(error)) : error;
  }
}

function verify(db: Database): VerifiedLog {
  const version = (db.query("PRAGMA user_version").get() as { user_version: number }).user_version;
  if (version !== SCHEMA_VERSION) throw new Error(`format version ${version} is not ${SCHEMA_VERSION}`);
  // A flipped cell count or child pointer hides whole rows at the end of the log: only the structure check sees that.
  const structure = db.query("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (structure.quick_check !== "ok") throw new Error(structure.quick_check.replaceAll("\n", " "));

  const base = single<{ idx: number; term: number; chain: number; crc: number }>(db, "base");
  if (base.crc !== sealCrc("base", base.idx, base.term, base.chain)) throw new Error("checksum of the log's base");
  const vote = single<{ term: number; voted_for: string; crc: number }>(db, "hard_state");
  if (vote.crc !== sealCrc("hard_state", vote.term, vote.voted_for)) throw new Error("checksum of term and vote");

  const bounds = { firstIndex: base.idx + 1, lastIndex: base.idx, lastTerm: base.term };
  let chain = base.chain;
  const rows = db.query("SELECT idx, term, type, data, crc FROM log ORDER BY idx").iterate() as Iterable<LogRow>;
  for (const row of rows) {
    if (row.idx !== bounds.lastIndex + 1) throw new Error(`entry ${bounds.lastIndex + 1} is missing`);
    chain = chainCrc(chain, row.idx, row.term, row.type, row.data);
    if (chain !== row.crc) throw new Error(`checksum of entry ${row.idx}`);
    bounds.lastIndex = row.idx;
    bounds.lastTerm = row.term;
  }
  return { hardState: { term: vote.term, votedFor: vote.voted_for }, bounds, chain };
}

function single<T>(db: Database, table: string): T {
  const rows = db.query(`SELECT * FROM ${table}`).all() as T[];
  const row = rows[0];
  if (row === undefined || rows.length > 1) throw new Error(`${table} has ${rows.length} rows`);
  return row;
}
