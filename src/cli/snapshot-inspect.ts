import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import { theFile } from "./file-argument.ts";
import { type SnapshotMeta, verifySnapshot } from "./snapshot-file.ts";
import { readSnapshot } from "./snapshot-restore.ts";
import type { SNAPSHOT_INSPECT_FLAGS } from "./table/snapshot.ts";

const DETAIL_GAP = "      ";

/** `snapshot inspect`: verifies a file and prints its metadata. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SNAPSHOT_INSPECT_FLAGS>,
): Promise<number> {
  const meta = verify(readSnapshot(theFile(args)));
  if (values.format === "json") {
    context.out.write(encodeGoJson({ Meta: meta }, true));
    return 0;
  }
  const rows = (["ID", "Size", "Index", "Term", "Version"] as const).map((name) => [name, String(meta[name])]);
  context.print(`${columnize(rows, DETAIL_GAP)}\n`);
  return 0;
}

function verify(bytes: Uint8Array): SnapshotMeta {
  try {
    return verifySnapshot(bytes);
  } catch (error) {
    throw new CommandFailure(`Error verifying snapshot: ${errorText(error)}`);
  }
}
