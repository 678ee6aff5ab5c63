import { Refusal } from "../../lib/refusal.ts";
import type { Change } from "../change.ts";
import { ARCHIVE_BYTES_MAX } from "./limits.ts";

/**
 * A part of the archive that the restore `id` is going to use: base64 of its bytes from `at` on. The first part
 * (`at` 0) ends any other restore; when it is empty, there is none from then on.
 */
export interface RestoreCommand {
  type: "restore.chunk";
  id: string;
  at: number;
  data: string;
}

/** Stages the part. Throws a Refusal when it isn't the next one of its archive. */
export function applyRestore(change: Change, { id, at, data }: RestoreCommand): undefined {
  const client = change.db.$client;
  const bytes = Uint8Array.fromBase64(data);
  if (at + bytes.length > ARCHIVE_BYTES_MAX) throw new Refusal(`snapshot is larger than ${ARCHIVE_BYTES_MAX} bytes`);
  if (at > 0 && at !== stagedBytes(change, id)) throw new Refusal("snapshot restore was ended by another one");
  change.atomically(() => {
    if (at === 0) client.query("DELETE FROM restore_staging").run();
    if (bytes.length > 0)
      client.query("INSERT INTO restore_staging (at, id, data) VALUES (?, ?, ?)").run(at, id, bytes);
  });
}

/** How much of the archive of this restore is there. */
function stagedBytes(change: Change, id: string): number {
  const last = change.db.$client
    .query("SELECT id, at + length(data) AS bytes FROM restore_staging ORDER BY at DESC LIMIT 1")
    .get() as { id: string; bytes: number } | null;
  return last?.id === id ? last.bytes : 0;
}
