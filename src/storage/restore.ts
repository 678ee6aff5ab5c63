import { Database } from "bun:sqlite";
import { join } from "node:path";
import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import type { Entry, RestoreOptions, RestoreReport } from "../raft/types.ts";
import { countsText, type Loaded, RecordLoader } from "../state/records/load.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/limits.ts";
import type { RestoreData } from "../state/restore/plan.ts";
import { SQLITE_MAGIC } from "./archive.ts";
import { newArchivePath } from "./archive-file.ts";
import { readPart } from "./durable-files.ts";
import { errorText, FormatError, isDamage } from "./failure.ts";
import { packArchive } from "./pack.ts";
import { readStateBin } from "./state-bin.ts";
import { appliedOf, clearStaging, copySchema, formatOf, refill, saveApplied } from "./state-work.ts";
import { inTempDir } from "./temp-dir.ts";
import { partsOfFile, unpackArchive } from "./unpack.ts";

const dataSchema: z.ZodType<RestoreData> = z.object({
  id: z.string(),
  bytes: z.int().nonnegative().max(ARCHIVE_BYTES_MAX),
});

export interface CheckOptions extends RestoreOptions {
  /** For copies, and for the image. */
  dir: string;
  /** Is told how many bytes they take. */
  needSpaceFor: (bytes: number) => void;
}

/** What became of an archive; `path` is that of the new archive with the image, if it wasn't one itself. */
export interface Checked extends RestoreReport {
  path: string | undefined;
}

/**
 * See `StateKeeper.checkArchive`: what a restore does is done to a copy of the tables of `db`. What the log takes is always
 * an image: an archive with Consul's records is made one here, once for all servers.
 */
export function checkRestorable(
  db: Database,
  archive: string,
  { dir, needSpaceFor, skipUnknown }: CheckOptions,
): Promise<Checked> {
  return inTempDir(dir, async (temp) => {
    const statePath = join(temp, "state.bin");
    const meta = await unpackArchive(partsOfFile(archive), {
      statePath,
      // The unpacked state, it as rows, packed again, and the write-ahead log of the refill later on.
      needSpaceFor: (bytes) => needSpaceFor(4 * bytes),
    });
    if (isImage(statePath)) {
      tryRefill(db, statePath, join(temp, "trial.db"));
      return { path: undefined, leftOut: {}, kept: {} };
    }
    const imagePath = join(temp, "image.db");
    const loaded = importRecords(db, statePath, imagePath);
    const unknown = countsText(loaded.leftOut);
    if (unknown !== "" && !skipUnknown) {
      throw new Refusal(
        `failed to restore snapshot: it has records that this version can't take: ${unknown}; ` +
          "restore it with -skip-unknown (?skip-unknown) to do without them",
      );
    }
    // Its tables are those of `db`, and have taken the rows: nothing has to be tried.
    const Index = Math.max(meta.Index, loaded.index);
    const path = newArchivePath(dir);
    const imageMeta = { ID: meta.ID, Index, Term: meta.Term, Format: formatOf(db) };
    await packArchive(imageMeta, { statePath: imagePath, path }, Date.now());
    return { path, leftOut: loaded.leftOut, kept: loaded.kept };
  });
}

function tryRefill(db: Database, imagePath: string, trialPath: string): void {
  copySchema(db, trialPath);
  const trial = new Database(trialPath, { readwrite: true });
  try {
    trial.run("PRAGMA synchronous = OFF");
    refill(trial, imagePath, { index: 0, term: 0, offset: 0 });
  } catch (error) {
    if (error instanceof FormatError) throw new Refusal(error.message);
    throw isDamage(error) ? new Refusal(`failed to restore snapshot: ${errorText(error)}`) : error;
  } finally {
    trial.close();
  }
}

/** Makes `imagePath` a database with the tables of `db` and the rows that the records of `statePath` stand for. */
function importRecords(db: Database, statePath: string, imagePath: string): Loaded & { index: number } {
  copySchema(db, imagePath);
  const image = new Database(imagePath, { readwrite: true });
  try {
    image.run("PRAGMA synchronous = OFF");
    return image.transaction(() => {
      const loader = new RecordLoader(image);
      const index = readStateBin(statePath, loader);
      return { index, ...loader.finish() };
    })();
  } finally {
    image.close();
  }
}

function isImage(path: string): boolean {
  return new TextDecoder("latin1").decode(readPart(path, 0, SQLITE_MAGIC.length)) === SQLITE_MAGIC;
}

/**
 * See `StateKeeper.installStaged`; `dir` is for a copy of the image. A Refusal says what is the same on every server: the
 * archive isn't whole or its rows don't fit. What only this machine can't do (a full disk, an older program) is thrown, or
 * its state would be another one than that of the rest.
 */
export async function installStaged(
  db: Database,
  { index, term, data }: Pick<Entry, "index" | "term" | "data">,
  dir: string,
): Promise<Refusal | undefined> {
  const { offset } = appliedOf(db);
  try {
    await inTempDir(dir, async (temp) => {
      const imagePath = join(temp, "image.db");
      const of = readData(data);
      const meta = await unpackArchive(staged(db, of), { statePath: imagePath });
      if (!isImage(imagePath)) throw new Refusal("failed to read snapshot file: its state has another format");
      // Clients have seen indexes up to the old offset's, and will see those of the archive's rows.
      refill(db, imagePath, { index, term, offset: Math.max(offset, meta.Index - index) }, clearStaging);
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    db.transaction(() => {
      clearStaging(db);
      saveApplied(db, { index, term, offset });
    }).immediate();
    return error;
  }
}

/** The parts of the archive that the commands before have staged for a `restore` entry; none is read before it is asked for. */
function* staged(db: Database, { id, bytes }: RestoreData): Generator<Uint8Array> {
  const next = db.query("SELECT id, data FROM restore_staging WHERE at = ?");
  let length = 0;
  while (length < bytes) {
    const part = next.get(length) as { id: string; data: Uint8Array } | null;
    if (part?.id !== id || length + part.data.length > bytes) {
      throw new Refusal("snapshot restore was ended by another one");
    }
    yield part.data;
    length += part.data.length;
  }
}

function readData(data: string): RestoreData {
  try {
    return dataSchema.parse(JSON.parse(data));
  } catch {
    throw new Refusal("failed to restore snapshot: the entry doesn't say which one");
  }
}
