import { CommandFailure, errorText } from "./context.ts";
import { type OpenSnapshot, openSnapshot } from "./snapshot-file.ts";
import { readSnapshot } from "./snapshot-restore.ts";

/** Reads and verifies the snapshot that a command is about. Throws CommandFailure in Consul's words. */
export function openSnapshotFile(file: string): OpenSnapshot {
  const bytes = readSnapshot(file);
  try {
    return openSnapshot(bytes);
  } catch (error) {
    throw new CommandFailure(`Error verifying snapshot: ${errorText(error)}`);
  }
}
