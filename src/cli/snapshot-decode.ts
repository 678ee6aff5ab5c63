import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import { theFile } from "./file-argument.ts";
import { openSnapshotFile } from "./snapshot-open.ts";
import { recordsOf } from "./snapshot-records.ts";
import { shownRecord } from "./snapshot-values.ts";
import type { SNAPSHOT_DECODE_FLAGS } from "./table/snapshot.ts";

/** `snapshot decode`: the header and every record of a file as a line of JSON. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SNAPSHOT_DECODE_FLAGS>,
): Promise<number> {
  const snapshot = openSnapshotFile(theFile(args));
  const line = (Type: string, Data: unknown) => context.print(encodeGoJson({ Data, Type }));
  line("SnapshotHeader", snapshot.header);
  try {
    for (const { type, name, data } of recordsOf(snapshot.state))
      line(name, shownRecord(type, data(), { withSecrets: values["with-secrets"] }));
  } catch (error) {
    throw new CommandFailure(`Error extracting snapshot data: ${errorText(error)}`);
  }
  return 0;
}
