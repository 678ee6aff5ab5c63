import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { theFile } from "./file-argument.ts";
import { openErrorText } from "./http-settings.ts";
import type { SNAPSHOT_RESTORE_FLAGS } from "./table/snapshot.ts";

/** `snapshot restore`: the server verifies the file before it touches its state. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SNAPSHOT_RESTORE_FLAGS>,
): Promise<number> {
  const body = readSnapshot(theFile(args));
  const query = values["skip-unknown"] ? { "skip-unknown": "" } : {};
  const answer = await orFail("Error restoring snapshot", context.api.put("/v1/snapshot", { body, query }));
  context.print("Restored snapshot");
  const leftOut = Object.entries(leftOutOf(answer));
  if (leftOut.length > 0) context.print(`Left out: ${leftOut.map(([name, count]) => `${count} ${name}`).join(", ")}`);
  return 0;
}

const Answer = z.object({ LeftOut: z.record(z.string(), z.number()) });

/** A server that was asked to leave out what it doesn't know says what that was; Consul answers nothing. */
function leftOutOf(answer: string): Record<string, number> {
  return answer === "" ? {} : Answer.parse(JSON.parse(answer)).LeftOut;
}

/** Bytes of a snapshot file. Throws CommandFailure when it can't be read. */
export function readSnapshot(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailure(`Error opening snapshot file: ${openErrorText(file, error)}`);
  }
}
