import { Database } from "bun:sqlite";
import { join } from "node:path";
import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import type { Entry } from "../raft/types.ts";
import { ARCHIVE_BYTES_MAX } from "../state/restore/commands.ts";
import type { RestoreData } from "../state/restore/plan.ts";
import { readArchive } from "./archive.ts";
import { writeDurably } from "./durable-files.ts";
import { errorText, FormatError, isDamage } from "./failure.ts";
import { appliedOf, clearStaging, copySchema, refill, saveApplied } from "./state-work.ts";
import { withTempDir } from "./temp-dir.ts";

const dataSchema: z.ZodType<RestoreData> = z.object({
  id: z.string(),
  bytes: z.int().nonnegative().max(ARCHIVE_BYTES_MAX),
});

/**
 * Throws a Refusal when the state of `db` could not be replaced by that of `archive`: what a restore does is done to a
 * copy of the tables in `dir`. `needSpaceFor` is told how many bytes that takes.
 */
export function checkRestorable(
  db: Database,
  archive: Uint8Array,
  dir: string,
  needSpaceFor: (bytes: number) => void,
): void {
  const { image } = readArchive(archive);
  // The unpacked image twice, and the write-ahead log of the refill later on.
  needSpaceFor(3 * image.length);
  withTempDir(dir, (temp) => {
    const imagePath = join(temp, "image.db");
    writeDurably(imagePath, image);
    const trialPath = join(temp, "trial.db");
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
  });
}

/**
 * See `StateKeeper.installStaged`; `dir` is for a copy of the image. A Refusal says what is the same on every server: the
 * archive isn't whole or its rows don't fit. What only this machine can't do (a full disk, an older program) is thrown, or
 * its state would be another one than that of the rest.
 */
export function installStaged(
  db: Database,
  { index, term, data }: Pick<Entry, "index" | "term" | "data">,
  dir: string,
): Refusal | undefined {
  const { offset } = appliedOf(db);
  try {
    const { meta, image } = readArchive(staged(db, data));
    withTempDir(dir, (temp) => {
      const imagePath = join(temp, "image.db");
      writeDurably(imagePath, image);
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

/** The archive that the commands before have staged for the `restore` entry with this `data`. */
function staged(db: Database, data: string): Uint8Array {
  const { id, bytes } = readData(data);
  const archive = new Uint8Array(bytes);
  let length = 0;
  const parts = db.query("SELECT id, at, data FROM restore_staging ORDER BY at").iterate() as Iterable<{
    id: string;
    at: number;
    data: Uint8Array;
  }>;
  for (const part of parts) {
    if (part.id !== id || part.at !== length || length + part.data.length > bytes) break;
    archive.set(part.data, length);
    length += part.data.length;
  }
  if (length !== bytes) throw new Refusal("snapshot restore was ended by another one");
  return archive;
}

function readData(data: string): RestoreData {
  try {
    return dataSchema.parse(JSON.parse(data));
  } catch {
    throw new Refusal("failed to restore snapshot: the entry doesn't say which one");
  }
}
