import { Database } from "bun:sqlite";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../lib/assert.ts";
import type { Configuration, IndexedConfiguration } from "../raft/configuration.ts";
import type { Entry, EntryType, HardState } from "../raft/types.ts";
import { DamageError, errorCode, errorText, isDamage } from "./failure.ts";
import { baseAt, type LogOutline } from "./log-outline.ts";
import { createLog, LOG_FORMAT, sealCrc, updateBase, upgradeLog } from "./log-schema.ts";
import { chainCrc, type VerifiedLog, verifyLog } from "./log-verify.ts";
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
/** Entries deleted in one transaction of a compaction, so that appends wait a few milliseconds at most. */
const COMPACT_ROWS_MAX = 500;
const COMPACT_BYTES_MAX = 4 * 1024 * 1024;
const ENTRY_OVERHEAD_BYTES = 64;
const CHECKPOINT_WAL_BYTES = 1024 * 1024;
const WAL_FILE_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Space that entries left is used again for later ones; when it is this much, and what stays is little, the file is
 * written anew. Keeping it short all the time (auto_vacuum) makes each small entry write 12 to 30 % more.
 */
const SHRINK_FREE_BYTES = 16 * 1024 * 1024;
const SHRINK_USED_BYTES_MAX = 4 * 1024 * 1024;
/** For the noops and configurations of some 10,000 elections. */
const RESERVE_BYTES = 512 * 1024;
/** All that is written between two checkpoints fits into so much, when it is small. */
const WAL_RESERVE_BYTES = CHECKPOINT_WAL_BYTES + RESERVE_BYTES;
const CACHE_KIB = 1024;
/** Entries hold tokens and keys. SQLite gives its WAL the mode of the database. */
const FILE_MODE = 0o600;
/**
 * `raft.db`, synchronous and for one thread: SQLite in WAL mode with `synchronous=FULL`, so that COMMIT returns after
 * the fsync. The exclusive locking mode keeps the WAL index in memory: nothing else may open the file.
 */
export class LogFile {
  readonly #path: string;
  readonly #db: Database;
  readonly #begin;
  readonly #commit;
  readonly #insert;
  /** As of the last transaction, for others to read. */
  readonly outline: LogOutline;
  /** Checksums of the entry before the first, and of the last one. */
  #baseChain: number;
  #chain: number;
  /** About how much the WAL holds that isn't in the database yet. */
  #walBytes: number;
  hardState: HardState;
  clusterId: string;
  /** What an operator should know about the start. */
  readonly warnings: readonly string[];

  /**
   * Opens and verifies; throws a DamageError when what is stored isn't what was written, and a FormatError when a newer
   * program wrote it.
   */
  constructor(dir: string) {
    const path = join(dir, "raft.db");
    const warning = checkWal(path, PAGE_BYTES);
    this.warnings = warning === undefined ? [] : [warning];
    this.#path = path;
    this.#walBytes = this.#walFileBytes;
    this.#db = openDatabase(path);
    const verified = verifyOrClose(this.#db, path);
    this.hardState = verified.hardState;
    this.clusterId = verified.clusterId;
    this.outline = verified.outline;
    this.#baseChain = verified.baseChain;
    this.#chain = verified.chain;
    this.#begin = this.#db.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#db.prepare("COMMIT");
    this.#insert = this.#db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?)");
  }

  /** Runs `write` in one durable transaction; when it throws, memory and file are as before. */
  transact(write: () => void): void {
    const { hardState, clusterId } = this;
    const before = { outline: this.outline.mark(), baseChain: this.#baseChain, chain: this.#chain };
    try {
      this.#begin.run();
      write();
      this.#commit.run();
      this.#walBytes += TRANSACTION_WAL_BYTES;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.run("ROLLBACK");
      this.outline.rewind(before.outline);
      this.#baseChain = before.baseChain;
      this.#chain = before.chain;
      this.hardState = hardState;
      this.clusterId = clusterId;
      throw error;
    }
  }

  /** Inside `transact`. */
  append(entries: readonly Entry[]): void {
    for (const { index, term, type, data } of entries) {
      this.outline.append(index, term, type, data);
      this.#chain = chainCrc(this.#chain, index, term, type, data);
      this.#insert.run(index, term, type, data, this.#chain);
      this.#walBytes += data.length + ENTRY_OVERHEAD_BYTES;
    }
  }

  /** Inside `transact`: entries from `from` on go, which no leader ever committed. */
  truncate(from: number): void {
    const { base } = this.outline;
    this.outline.truncate(from);
    const { lastIndex } = this.outline;
    this.#db.query("DELETE FROM log WHERE idx >= ?").run(from);
    this.#chain = lastIndex === base.index ? this.#baseChain : this.#crcAt(lastIndex);
    if (this.outline.base !== base) this.#saveBase();
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

  /** Inside `transact`. */
  setClusterId(clusterId: string): void {
    this.#db.query("UPDATE cluster SET id = ?, crc = ?").run(clusterId, sealCrc("cluster", clusterId));
    this.clusterId = clusterId;
  }

  /** Inside `transact`: see `LogStore.forceConfiguration`. */
  forceConfiguration(configuration: Configuration): void {
    this.outline.force(configuration);
    this.#saveBase();
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

  /** Inside `transact`: forgets entries up to `index`, as many as a slice may be; returns the last one forgotten. */
  compact(index: number): number {
    const { firstIndex, lastIndex } = this.outline.bounds;
    assert(index <= lastIndex, `compaction to ${index} beyond ${lastIndex}`);
    if (index < firstIndex) return index;
    const upTo = this.#endOfSlice(firstIndex, index);
    this.#baseChain = this.#crcAt(upTo);
    this.outline.compact(upTo);
    this.#db.query("DELETE FROM log WHERE idx <= ?").run(upTo);
    this.#walBytes += COMPACTION_WAL_BYTES;
    this.#saveBase();
    return upTo;
  }

  /** Inside `transact`. */
  reset(index: number, term: number, configuration: IndexedConfiguration): void {
    this.#db.run("DELETE FROM log");
    this.outline.reset(baseAt(index, term, configuration));
    this.#baseChain = 0;
    this.#chain = 0;
    this.#saveBase();
  }

  #endOfSlice(from: number, to: number): number {
    const rows = this.#db
      .query("SELECT idx, octet_length(data) AS bytes FROM log WHERE idx BETWEEN ? AND ? ORDER BY idx LIMIT ?")
      .all(from, to, COMPACT_ROWS_MAX) as { idx: number; bytes: number }[];
    let bytes = 0;
    let upTo = from;
    for (const row of rows) {
      bytes += row.bytes;
      if (bytes > COMPACT_BYTES_MAX && row.idx > from) break;
      upTo = row.idx;
    }
    return upTo;
  }

  #crcAt(index: number): number {
    return (this.#db.query("SELECT crc FROM log WHERE idx = ?").get(index) as { crc: number }).crc;
  }

  #saveBase(): void {
    updateBase(this.#db, this.outline.base, this.#baseChain);
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

  /** Makes the file as long as what is in it, if that is worth it. Takes as long as writing 4 MB twice at the most. */
  shrink(): void {
    const { freelist_count: free } = this.#db.query("PRAGMA freelist_count").get() as { freelist_count: number };
    const { page_count: pages } = this.#db.query("PRAGMA page_count").get() as { page_count: number };
    const isWorthIt = free * PAGE_BYTES >= SHRINK_FREE_BYTES && (pages - free) * PAGE_BYTES <= SHRINK_USED_BYTES_MAX;
    if (!isWorthIt) return;
    this.#db.run("VACUUM");
    this.checkpoint();
  }

  get #walFileBytes(): number {
    return statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Makes both files longer than they need to be: the database by a row that can go, the write-ahead log by writing that
   * row more than once.
   */
  holdReserve(): void {
    const hold = () =>
      this.transact(() => this.#db.run("INSERT OR REPLACE INTO reserve VALUES (1, randomblob(?))", [RESERVE_BYTES]));
    if (this.#db.query("SELECT 1 FROM reserve").get() === null) hold();
    while (this.#walFileBytes < WAL_RESERVE_BYTES) hold();
    this.checkpoint();
  }

  /** Leaves the pages of that row to entries. */
  releaseReserve(): void {
    this.transact(() => this.#db.run("DELETE FROM reserve"));
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
    // Of VACUUM, which otherwise writes to some other disk.
    db.run("PRAGMA temp_store = MEMORY");
    if (isEmpty(db)) createLog(db);
  } catch (error) {
    db.close();
    if (errorCode(error) === "SQLITE_NOTADB") throw new DamageError(path, "it is not a log of this program");
    throw isDamage(error) ? new DamageError(path, errorText(error)) : error;
  }
  return db;
}

/** Also brings an older format to this one. */
function verifyOrClose(db: Database, path: string): VerifiedLog {
  try {
    const verified = verifyLog(db, path);
    if (verified.format < LOG_FORMAT) upgradeLog(db, verified.outline.base, verified.baseChain);
    return verified;
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
