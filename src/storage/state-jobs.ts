import { Database } from "bun:sqlite";
import { rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { MsgpackWriter } from "../codec/msgpack/writer.ts";
import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type { SnapshotMeta } from "../raft/core/messages.ts";
import type { ArchiveMembers, Entry, ExportOptions, RestoreOptions, SnapshotInfo } from "../raft/types.ts";
import type { RecordCounts } from "../state/records/load.ts";
import { newArchivePath } from "./archive-file.ts";
import { isDiskFull, noSpaceForCopy } from "./failure.ts";
import { packArchive } from "./pack.ts";
import { ReceivedSnapshot } from "./received-snapshot.ts";
import { type Checked, checkRestorable, installStaged } from "./restore.ts";
import { draftImage, SnapshotDir } from "./snapshots.ts";
import { writeStateBin } from "./state-bin.ts";
import { prepareConnection } from "./state-db.ts";
import { appliedOf, checkpoint, copyInto, databaseBytes, formatOf, refill, shrink, truncateWal } from "./state-work.ts";
import { inTempDir, SPARE_BYTES } from "./temp-dir.ts";

export interface StateFiles {
  /** `state.db`. */
  dbPath: string;
  snapshotsDir: string;
}

/** A snapshot that was read this recently is on its way to another server, and isn't removed for a newer one. */
const READ_KEEPS_MS = 60_000;

/** What the keeper thread does with `state.db` over its own connection; every call blocks its thread. */
export class StateJobs {
  readonly #db: Database;
  readonly #snapshots: SnapshotDir;
  readonly #received: ReceivedSnapshot;
  readonly #workDir: string;
  #lastRead: { id: string; atMs: number } | undefined;

  constructor(files: StateFiles) {
    this.#snapshots = new SnapshotDir(files.snapshotsDir);
    this.#received = new ReceivedSnapshot(this.#snapshots.receivedDraft);
    this.#workDir = dirname(files.dbPath);
    this.#db = new Database(files.dbPath, { readwrite: true });
    prepareConnection(this.#db);
  }

  checkpoint(): number {
    return checkpoint(this.#db);
  }

  truncateWal(): void {
    try {
      shrink(this.#db);
    } catch (error) {
      // It needs the space twice for a moment.
      if (!isDiskFull(error)) throw error;
    }
    truncateWal(this.#db);
  }

  takeSnapshot(configuration: IndexedConfiguration): SnapshotInfo[] {
    this.#needSpaceFor(databaseBytes(this.#db));
    const makeImage = (path: string) => {
      const { index, term } = copyInto(this.#db, path);
      return { index, term, configuration, format: formatOf(this.#db) };
    };
    const isSending = this.#lastRead !== undefined && Date.now() - this.#lastRead.atMs < READ_KEEPS_MS;
    this.#snapshots.add(Date.now(), makeImage, isSending ? this.#lastRead?.id : undefined);
    return this.#snapshots.list();
  }

  readSnapshot(id: string, offset: number, bytesMax: number): Uint8Array {
    if (!this.#snapshots.list().some((kept) => kept.id === id)) throw new Error(`snapshot ${id} is not kept any more`);
    this.#lastRead = { id, atMs: Date.now() };
    return this.#snapshots.read(id, offset, bytesMax);
  }

  receiveSnapshot(snapshot: SnapshotMeta, offset: number, data: Uint8Array): void {
    // The image, and the write-ahead log of the refill.
    if (offset === 0) this.#needSpaceFor(2 * snapshot.bytes);
    try {
      this.#received.write(snapshot, offset, data);
    } catch (error) {
      throw isDiskFull(error) ? noSpaceForCopy(this.#workDir) : error;
    }
  }

  finishSnapshot(snapshot: SnapshotMeta): SnapshotInfo[] {
    const { index, term, configuration, bytes, sha256 } = snapshot;
    try {
      this.#received.verify(snapshot);
      const format = checkReceived(draftImage(this.#received.dir), snapshot, formatOf(this.#db));
      this.#snapshots.adopt(this.#received.dir, Date.now(), { index, term, configuration, bytes, sha256, format });
      return this.#snapshots.list();
    } catch (error) {
      this.#received.forget();
      throw error;
    }
  }

  exportArchive(members: ArchiveMembers, options: ExportOptions): Promise<Exported> {
    // The copy, its rows as records, and these packed.
    this.#needSpaceFor(3 * databaseBytes(this.#db));
    return exportArchive(this.#db, members, { ...options, dir: this.#workDir });
  }

  checkArchive(archive: string, options: RestoreOptions): Promise<Checked> {
    const needSpaceFor = (bytes: number) => this.#needSpaceFor(bytes);
    return checkRestorable(this.#db, archive, { ...options, dir: this.#workDir, needSpaceFor });
  }

  /** Returns the text of a Refusal. */
  async installStaged(entry: Pick<Entry, "index" | "term" | "data">): Promise<string | undefined> {
    return (await installStaged(this.#db, entry, this.#workDir))?.message;
  }

  installNewest(): void {
    const newest = this.#snapshots.list()[0];
    assert(newest !== undefined, "no snapshot to install");
    const path = this.#snapshots.imagePath(newest.id);
    refill(this.#db, path, appliedOfFile(path));
    this.#snapshots.clearInstall(newest.id);
  }

  /** A copy that fills the disk would take the room that the state needs to follow the log. */
  #needSpaceFor(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#workDir);
    if (bavail * bsize < bytes + SPARE_BYTES) throw noSpaceForCopy(this.#workDir);
  }

  close(): void {
    this.#db.close();
  }
}

/** Its format; throws a Refusal when the image isn't of that entry, or when a newer program made it. */
function checkReceived(path: string, { index, term }: SnapshotMeta, known: number): number {
  const image = new Database(path, { readonly: true });
  try {
    const format = formatOf(image);
    if (format > known) {
      const what = `has format ${format}, this program knows up to ${known}: upgrade this server too`;
      throw new Refusal(`the snapshot of entry ${index} that the leader sent ${what}`);
    }
    const applied = appliedOf(image);
    if (applied.index !== index || applied.term !== term) {
      throw new Refusal(`the snapshot of entry ${index} that was received is one of entry ${applied.index}`);
    }
    return format;
  } finally {
    image.close();
  }
}

function appliedOfFile(path: string) {
  const image = new Database(path, { readonly: true });
  try {
    return appliedOf(image);
  } finally {
    image.close();
  }
}

export interface Exported {
  path: string;
  leftOut: RecordCounts;
}

/** Packs the rows of `db` as Consul's records into a new archive below `dir`, by way of a copy. */
export function exportArchive(
  db: Database,
  { configuration }: ArchiveMembers,
  { dir, withoutNewer }: ExportOptions & { dir: string },
): Promise<Exported> {
  return inTempDir(dir, async (temp) => {
    const path = join(temp, "state.db");
    const { index: logIndex, term, offset } = copyInto(db, path);
    const index = logIndex + offset;
    const statePath = join(temp, "state.bin");
    const copy = new Database(path, { readonly: true });
    let leftOut: RecordCounts;
    try {
      leftOut = writeStateBin(copy, { index, withoutNewer }, statePath);
    } finally {
      copy.close();
    }
    rmSync(path);
    const nowMs = Date.now();
    const Servers = configuration.configuration.servers.map(({ id, address, voter }) => ({
      Suffrage: voter ? 0 : 1,
      ID: id,
      Address: address,
    }));
    const meta = {
      ID: `${term}-${index}-${nowMs}`,
      Index: index,
      Term: term,
      Peers: peersText(Servers.map(({ Address }) => Address)),
      Configuration: { Servers },
      ConfigurationIndex: configuration.index,
    };
    const archive = newArchivePath(dir);
    await packArchive(meta, { statePath, path: archive }, nowMs);
    return { path: archive, leftOut };
  });
}

/** As Go's raft had them before there were configurations. */
function peersText(addresses: readonly string[]): string {
  const writer = new MsgpackWriter();
  writer.array(addresses.length);
  for (const address of addresses) writer.text(address);
  return writer.take().toBase64();
}
