import { readFileSync } from "node:fs";
import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { theFile } from "./file-argument.ts";
import { openErrorText } from "./http-settings.ts";
import type { NO_FLAGS } from "./table/agent.ts";

/** `snapshot restore`: the server verifies the file before it touches its state. */
export async function run(context: CommandContext, { args }: ParsedFlags<typeof NO_FLAGS>): Promise<number> {
  const body = readSnapshot(theFile(args));
  await orFail("Error restoring snapshot", context.api.put("/v1/snapshot", { body }));
  context.print("Restored snapshot");
  return 0;
}

/** Bytes of a snapshot file. Throws CommandFailure when it can't be read. */
export function readSnapshot(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailure(`Error opening snapshot file: ${openErrorText(file, error)}`);
  }
}
