import type { Database } from "bun:sqlite";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { MsgpackReader } from "../codec/msgpack/reader.ts";
import { count, struct } from "../codec/msgpack/shape.ts";
import { CutOff, WireError } from "../codec/wire-error.ts";
import { Refusal } from "../lib/refusal.ts";
import type { RecordCounts, RecordLoader } from "../state/records/load.ts";
import { type SaveOptions, saveRecords } from "../state/records/save.ts";
import { errorCode, errorText } from "./failure.ts";

const WINDOW_BYTES = 1024 * 1024;
/** Consul's largest is a value of the key/value store, half a megabyte unless it was told otherwise. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024;

/** Each takes a row or more, whatever its size. */
const RECORDS_MAX = 10_000_000;

const header = struct({ LastIndex: count });

/** Writes the records of all rows of `db` to the new file `path`; returns what was left out. */
export function writeStateBin(db: Database, options: SaveOptions, path: string): RecordCounts {
  const fd = openSync(path, "wx", 0o600);
  try {
    return saveRecords(db, options, (part) => {
      for (let at = 0; at < part.length; ) at += writeSync(fd, part, at);
    });
  } finally {
    closeSync(fd);
  }
}

/** Gives `loader` the records of the file `path`; returns the index in its header. Throws a Refusal when they are none. */
export function readStateBin(path: string, loader: RecordLoader): number {
  const window = new Window(path);
  let records = 0;
  try {
    const index = window.read((reader) => header.read(reader)).LastIndex;
    for (; !window.isAtEnd(); records++) {
      if (records === RECORDS_MAX) throw unfit(`it has more than ${RECORDS_MAX} records`);
      window.read((reader) => loader.take(reader.uint(TYPE_MAX), reader));
    }
    return index;
  } catch (error) {
    if (error instanceof WireError) throw unfit(`record ${records}: ${error.message}`);
    // A value that no table takes.
    if (/^SQLITE_(CONSTRAINT|MISMATCH)/.test(errorCode(error))) throw unfit(`record ${records}: ${errorText(error)}`);
    throw error;
  } finally {
    window.close();
  }
}

/** A byte below 128 is the number that it says in msgpack, too; Consul marks no records of snapshots with the highest bit. */
const TYPE_MAX = 127;

function unfit(what: string): Refusal {
  return new Refusal(`failed to restore snapshot: ${what}`);
}

/** A file that is read value by value, and of which little more than one value is in memory. */
class Window {
  readonly #fd: number;
  #buffer: Uint8Array = new Uint8Array(WINDOW_BYTES);
  #start = 0;
  #end = 0;
  #isDrained = false;

  constructor(path: string) {
    this.#fd = openSync(path, "r");
  }

  isAtEnd(): boolean {
    if (this.#start < this.#end) return false;
    this.#fill();
    return this.#start === this.#end;
  }

  /** Gives `read` a record, or the header. */
  read<T>(read: (reader: MsgpackReader) => T): T {
    if (this.#start === this.#end) this.#fill();
    this.#makeWhole();
    const reader = new MsgpackReader(this.#buffer.subarray(this.#start, this.#end));
    const value = read(reader);
    this.#start += reader.at;
    return value;
  }

  /** Sees that the next value is there as a whole; when it is a type's byte, the value behind it too. */
  #makeWhole(): void {
    for (;;) {
      const reader = new MsgpackReader(this.#buffer.subarray(this.#start, this.#end));
      try {
        reader.skip();
        if ((this.#buffer[this.#start] ?? 0) <= TYPE_MAX) reader.skip();
        return;
      } catch (error) {
        if (!(error instanceof CutOff) || this.#isDrained) throw error;
      }
      this.#fill();
    }
  }

  /** Reads more behind what is there, in a larger buffer if it has to be. */
  #fill(): void {
    const left = this.#end - this.#start;
    if (left > RECORD_BYTES_MAX) throw new WireError(`it is larger than ${RECORD_BYTES_MAX} bytes`);
    const room = left > this.#buffer.length / 2 ? new Uint8Array(2 * this.#buffer.length) : this.#buffer;
    room.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = room;
    this.#start = 0;
    this.#end = left;
    while (this.#end < room.length) {
      const read = readSync(this.#fd, room, this.#end, room.length - this.#end, null);
      if (read === 0) {
        this.#isDrained = true;
        return;
      }
      this.#end += read;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
