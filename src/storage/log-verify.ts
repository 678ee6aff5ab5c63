import type { Database } from "bun:sqlite";
import type { Configuration } from "../raft/configuration.ts";
import type { EntryType, HardState } from "../raft/types.ts";
import { DamageError, errorCode, errorText, FormatError, isDamage } from "./failure.ts";
import { type LogBase, LogOutline } from "./log-outline.ts";
import { formatOf, LOG_FORMAT, sealCrc } from "./log-schema.ts";

/** Checksum of an entry, chained with the one before, so that a lost, moved or foreign entry shows too. */
export function chainCrc(previous: number, index: number, term: number, type: string, data: string): number {
  return Bun.hash.crc32(`${previous} ${index} ${term} ${type} ${data}`);
}

interface LogRow {
  idx: number;
  term: number;
  type: EntryType;
  data: string;
  crc: number;
}

export interface VerifiedLog {
  format: number;
  hardState: HardState;
  outline: LogOutline;
  clusterId: string;
  /** Checksum of the entry before the first, and of the last one. */
  baseChain: number;
  chain: number;
}

/**
 * Reads the whole log once, row by row: structure of the file, no hole, every checksum. Throws a DamageError that names
 * `path` and what is wrong, and a FormatError for what a newer program wrote; errors of the disk itself go through.
 */
export function verifyLog(db: Database, path: string): VerifiedLog {
  try {
    return verify(db, path);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    // Without a code it is one of the findings below.
    throw isDamage(error) || errorCode(error) === "" ? new DamageError(path, errorText(error)) : error;
  }
}

function verify(db: Database, path: string): VerifiedLog {
  const format = formatOf(db, path);
  if (format < 1 || format > LOG_FORMAT) throw new Error(`format version ${format} is not ${LOG_FORMAT}`);
  // A flipped cell count or child pointer hides whole rows at the end of the log: only the structure check sees that.
  const structure = db.query("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (structure.quick_check !== "ok") throw new Error(structure.quick_check.replaceAll("\n", " "));

  const { base, chain: baseChain } = format === 1 ? readFirstBase(db) : readBase(db);
  const vote = single<{ term: number; voted_for: string; crc: number }>(db, "hard_state");
  if (vote.crc !== sealCrc("hard_state", vote.term, vote.voted_for)) throw new Error("checksum of term and vote");
  const clusterId = format === 1 ? "" : readCluster(db);

  const outline = new LogOutline(base);
  let chain = baseChain;
  const rows = db.query("SELECT idx, term, type, data, crc FROM log ORDER BY idx").iterate() as Iterable<LogRow>;
  for (const row of rows) {
    if (row.idx !== outline.lastIndex + 1) throw new Error(`entry ${outline.lastIndex + 1} is missing`);
    chain = chainCrc(chain, row.idx, row.term, row.type, row.data);
    if (chain !== row.crc) throw new Error(`checksum of entry ${row.idx}`);
    outline.append(row.idx, row.term, row.type, row.data);
  }
  const hardState = { term: vote.term, votedFor: vote.voted_for };
  return { format, hardState, outline, clusterId, baseChain, chain };
}

/** Of version 1. */
function readFirstBase(db: Database): { base: LogBase; chain: number } {
  const row = single<{ idx: number; term: number; chain: number; crc: number }>(db, "base");
  if (row.crc !== sealCrc("base", row.idx, row.term, row.chain)) throw new Error("checksum of the log's base");
  return { base: { index: row.idx, term: row.term, configuration: undefined, isForced: false }, chain: row.chain };
}

function readBase(db: Database): { base: LogBase; chain: number } {
  const row = single<{
    idx: number;
    term: number;
    chain: number;
    config_idx: number;
    config: string;
    forced: number;
    crc: number;
  }>(db, "base");
  const { idx: index, term, chain, config_idx: at, config, forced, crc } = row;
  if (crc !== sealCrc("base", index, term, chain, at, config, forced)) throw new Error("checksum of the log's base");
  // What the checksum covers was written by this program.
  const configuration = config === "" ? undefined : { index: at, configuration: JSON.parse(config) as Configuration };
  return { base: { index, term, configuration, isForced: forced === 1 }, chain };
}

function readCluster(db: Database): string {
  const cluster = single<{ id: string; crc: number }>(db, "cluster");
  if (cluster.crc !== sealCrc("cluster", cluster.id)) throw new Error("checksum of the cluster's id");
  const format = single<{ version: number; crc: number }>(db, "format");
  if (format.version !== LOG_FORMAT || format.crc !== sealCrc("format", LOG_FORMAT)) {
    throw new Error("checksum of the format version");
  }
  return cluster.id;
}

function single<T>(db: Database, table: string): T {
  const rows = db.query(`SELECT * FROM ${table}`).all() as T[];
  const row = rows[0];
  if (row === undefined || rows.length > 1) throw new Error(`${table} has ${rows.length} rows`);
  return row;
}
