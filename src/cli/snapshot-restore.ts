import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { theFile } from "./file-argument.ts";
import { openErrorText } from "./http-settings.ts";
import { Counts } from "./record-counts.ts";
import type { SNAPSHOT_RESTORE_FLAGS } from "./table/snapshot.ts";

/** `snapshot restore`: the server verifies the file before it touches its state. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SNAPSHOT_RESTORE_FLAGS>,
): Promise<number> {
  const body = readSnapshot(theFile(args));
  const query = { report: "", ...(values["skip-unknown"] ? { "skip-unknown": "" } : {}) };
  const answer = await orFail("Error restoring snapshot", context.api.put("/v1/snapshot", { body, query }));
  context.print("Restored snapshot");
  const { Kept, LeftOut, Warnings } = reportOf(answer);
  if (Kept !== "") context.print(`Kept for the next save, not served: ${Kept}`);
  if (LeftOut !== "") context.print(`Left out: ${LeftOut}`);
  for (const warning of Warnings) context.complain(`Warning: ${warning}`);
  return 0;
}

const Answer = z.object({ Kept: Counts, LeftOut: Counts, Warnings: z.array(z.string()).default([]) });

/** What a server says when it is asked for a report; Consul answers nothing. */
function reportOf(answer: string): z.output<typeof Answer> {
  return Answer.parse(answer === "" ? {} : JSON.parse(answer));
}

/** Bytes of a snapshot file. Throws CommandFailure when it can't be read. */
export function readSnapshot(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailure(`Error opening snapshot file: ${openErrorText(file, error)}`);
  }
}
