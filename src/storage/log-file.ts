import { Database } from "bun:sqlite";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../lib/assert.ts";
import type { Entry, EntryType, HardState, LogBounds } from "../raft/types.ts";
import { DamageError, errorCode, errorText, isDamage } from "./failure.ts";
import { chainCrc, SCHEMA_VERSION, sealCrc, type VerifiedLog, verifyLog } from "./log-verify.ts";
import { checkWal } from "./wal-check.ts";

/**
 * Small pages: an appended entry writes the last page again, and flash wears with each byte. One small entry a fsync
 * costs 5.6 KB with pages of 1 KB, 6.6 KB with 2 KB, 8.7 KB with 4 KB; 512 bytes save 7 % more, but halve the speed of
 * large entries.
 */
export const PAGE_BYTES = 1024;
/** What a slice of a compaction adds to the WAL: pages of the tree and of the free list. Measured. */
const COMPACTION_WAL_BYTES = 16 * PAGE_BYTES;
/** The part of the last pages that every transaction writes again. */
const TRANSACTION_WAL_BYTES = 2 * PAGE_BYTES;
const ENTRY_OVERHEAD_BYTES = 64;
const CHECKPOINT_WAL_BYTES = 1024 * 1024;
const WAL_FILE_BYTES_MAX = 4 * 1024 * 1024;
const CACHE_KIB = 1024;
/** Entries hold tokens and keys. SQLite gives its WAL the mode of the database. */
const FILE_MODE = 0o600;
const APPLICATION_ID = 0x4d757374;

const SCHEMA = [
  "CREATE TABLE log (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, crc INTEGER NOT NULL)",
  "CREATE TABLE hard_state (term INTEGER NOT NULL, voted_for TEXT NOT NULL, crc INTEGER NOT NULL)",
  "CREATE TABLE base (idx INTEGER NOT NULL, term INTEGER NOT NULL, chain INTEGER NOT NULL, crc INTEGER NOT NULL)",
  `INSERT INTO hard_state VALUES (0, '', ${sealCrc("hard_state", 0, "")})`,
  `INSERT INTO base VALUES (0, 0, 0, ${sealCrc("base", 0, 0, 0)})`,
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `PRAGMA user_version = ${SCHEMA_VERSION}`,
];

/**
 * `raft.db`, synchronous and for one thread: SQLite in WAL mode with `synchronous=FULL`, so that COMMIT returns after
 * the fsync. The exclusive locking mode keeps the WAL index in memory: nothing else may open the file.
 */
export class LogFile {
  readonly #db: Database;
  readonly #begin;
  readonly #commit;
  readonly #insert;
  readonly #bounds: LogBounds;
  #chain: number;
  /** About how much the WAL holds that isn't in the database yet. */
  #walBytes: number;
  hardState: HardState;
  /** What an operator should know about the start. */
  readonly warnings: readonly string[];

  /** Opens and verifies; throws a DamageError when what is stored isn't what was written. */
  constructor(dir: string) {
    const path = join(dir, "raft.db");
    const warning = checkWal(path, PAGE_BYTES);
    this.warnings = warning === undefined ? [] : [warning];
    this.#walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    this.#db = openDatabase(path);
    const verified = verifyOrClose(this.#db, path);
    this.hardState = verified.hardState;
    this.#bounds = verified.bounds;
    this.#chain = verified.chain;
    this.#begin = this.#db.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#db.prepare("COMMIT");
    this.#insert = this.#db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?)");
  }

  get bounds(): LogBounds {
    return { ...this.#bounds };
  }

  /** Runs `write` in one durable transaction; when it throws, memory and file are as before. */
  transact(write: () => void): void {
    const before = { bounds: this.bounds, chain: this.#chain, hardState: this.hardState };
    try {
      this.#begin.run();
      write();
      this.#commit.run();
      this.#walBytes += TRANSACTION_WAL_BYTES;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.run("ROLLBACK");
      Object.assign(this.#bounds, before.bounds);
      this.#chain = before.chain;
      this.hardState = before.hardState;
      throw error;
    }
  }

  /** Inside `transact`. */
  append(entries: readonly Entry[]): void {
    for (const { index, term, type, data } of entries) {
      assert(index === this.#bounds.lastIndex + 1, `entry ${index} appended after ${this.#bounds.lastIndex}`);
      this.#chain = chainCrc(this.#chain, index, term, type, data);
      this.#insert.run(index, term, type, data, this.#chain);
      this.#bounds.lastIndex = index;
      this.#bounds.lastTerm = term;
      this.#walBytes += data.length + ENTRY_OVERHEAD_BYTES;
    }
  }

  /** Inside `transact`. */
  setHardState({ term, votedFor }: HardState): void {
    this.#db.run("UPDATE hard_state SET term = ?, voted_for = ?, crc = ?", [
      term,
      votedFor,
      sealCrc("hard_state", term, votedFor),
    ]);
    this.hardState = { term, votedFor };
  }

  read(from: number, to: number, bytesMax: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    const rows = this.#db.query("SELECT idx, term, type, data FROM log WHERE idx BETWEEN ? AND ? ORDER BY idx");
    for (const row of rows.iterate(from, to) as Iterable<{
      idx: number;
      term: number;
      type: EntryType;
      data: string;
    }>) {
      bytes += row.data.length;
      if (entries.length > 0 && bytes > bytesMax) break;
      entries.push({ index: row.idx, term: row.term, type: row.type, data: row.data });
    }
    return entries;
  }

  /** Inside `transact`: forgets entries up to `index`, at most `rowsMax` of them; returns the last one forgotten. */
  compact(index: number, rowsMax: number): number {
    assert(index <= this.#bounds.lastIndex, `compaction to ${index} beyond ${this.#bounds.lastIndex}`);
    const upTo = Math.min(index, this.#bounds.firstIndex - 1 + rowsMax);
    if (upTo < this.#bounds.firstIndex) return index;
    const last = this.#db.query("SELECT term, crc FROM log WHERE idx = ?").get(upTo) as { term: number; crc: number };
    this.#db.run("DELETE FROM log WHERE idx <= ?", [upTo]);
    this.#walBytes += COMPACTION_WAL_BYTES;
    this.#setBase(upTo, last.term, last.crc);
    return upTo;
  }

  /** Inside `transact`. */
  reset(index: number, term: number): void {
    this.#db.run("DELETE FROM log");
    this.#setBase(index, term, 0);
    this.#chain = 0;
    this.#bounds.lastIndex = index;
    this.#bounds.lastTerm = term;
  }

  #setBase(index: number, term: number, chain: number): void {
    const crc = sealCrc("base", index, term, chain);
    this.#db.run("UPDATE base SET idx = ?, term = ?, chain = ?, crc = ?", [index, term, chain, crc]);
    this.#bounds.firstIndex = index + 1;
  }

  /** Whether the WAL has grown enough. */
  get isCheckpointDue(): boolean {
    return this.#walBytes >= CHECKPOINT_WAL_BYTES;
  }

  /** Moves the WAL into the database; fsyncs twice, so not while somebody waits. */
  checkpoint(): void {
    this.#walBytes = 0;
    this.#db.run("PRAGMA wal_checkpoint(PASSIVE)");
  }

  close(): void {
    for (const statement of [this.#begin, this.#commit, this.#insert]) statement.finalize();
    this.#db.close(true);
  }
}

function openDatabase(path: string): Database {
  const db = new Database(path, { create: true, readwrite: true });
  try {
    chmodSync(path, FILE_MODE);
    db.run(`PRAGMA page_size = ${PAGE_BYTES}`);
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = FULL");
    db.run("PRAGMA wal_autocheckpoint = 0");
    db.run(`PRAGMA journal_size_limit = ${WAL_FILE_BYTES_MAX}`);
    db.run(`PRAGMA cache_size = -${CACHE_KIB}`);
    if (isEmpty(db)) {
      db.transaction(() => {
        for (const sql of SCHEMA) db.run(sql);
      })();
    }
  } catch (error) {
    db.close();
    if (errorCode(error) === "SQLITE_NOTADB") throw new DamageError(path, "it is not a log of this program");
    throw isDamage(error) ? new DamageError(path, errorText(error)) : error;
  }
  return db;
}

function verifyOrClose(db: Database, path: string): VerifiedLog {
  try {
    return verifyLog(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A lost table of contents isn't taken for a new file. */
function isEmpty(db: Database): boolean {
  const { page_count: pages } = db.query("PRAGMA page_count").get() as { page_count: number };
  return pages <= 1 && db.query("SELECT 1 FROM sqlite_schema").get() === null;
}
