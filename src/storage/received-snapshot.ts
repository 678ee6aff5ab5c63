import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../lib/refusal.ts";
import type { SnapshotMeta } from "../raft/core/messages.ts";
import { sha256OfFile } from "./durable-files.ts";
import { draftImage } from "./snapshots.ts";

/**
 * A snapshot that comes in parts from another server, in a directory of its own until it is whole. All that is known of
 * it is in that directory: between two parts the thread that writes them may end and another one begin.
 */
export class ReceivedSnapshot {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Stores a part; `offset` 0 begins anew. Throws a Refusal for any other that doesn't follow the last one. */
  write(snapshot: SnapshotMeta, offset: number, data: Uint8Array): void {
    if (offset === 0) this.#begin(snapshot);
    if (!this.#isOf(snapshot) || offset !== this.#bytes || offset + data.length > snapshot.bytes) {
      throw new Refusal(`the part at ${offset} of the snapshot of entry ${snapshot.index} doesn't follow the last one`);
    }
    const fd = openSync(draftImage(this.dir), "a");
    try {
      for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
    } finally {
      closeSync(fd);
    }
  }

  /** Throws a Refusal when it isn't what `snapshot` says. */
  verify(snapshot: SnapshotMeta): void {
    const isWhole =
      this.#isOf(snapshot) && this.#bytes === snapshot.bytes && sha256OfFile(draftImage(this.dir)) === snapshot.sha256;
    if (!isWhole) throw new Refusal(`the snapshot of entry ${snapshot.index} that was received is not whole`);
  }

  forget(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  get #bytes(): number {
    return statSync(draftImage(this.dir), { throwIfNoEntry: false })?.size ?? 0;
  }

  #begin(snapshot: SnapshotMeta): void {
    this.forget();
    mkdirSync(this.dir, { mode: 0o700 });
    closeSync(openSync(draftImage(this.dir), "w", 0o600));
    writeFileSync(this.#namePath, nameOf(snapshot));
  }

  #isOf(snapshot: SnapshotMeta): boolean {
    const isBegun = statSync(this.#namePath, { throwIfNoEntry: false }) !== undefined;
    return isBegun && readFileSync(this.#namePath, "utf8") === nameOf(snapshot);
  }

  /** Which snapshot it is. Stays in the directory when that becomes one, and means nothing then. */
  get #namePath(): string {
    return join(this.dir, "name");
  }
}

function nameOf({ index, term, bytes, sha256 }: SnapshotMeta): string {
  return `${term}-${index} ${bytes} ${sha256}`;
}
