import { randomUUID } from "node:crypto";
import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { theFile } from "./file-argument.ts";
import { openErrorText } from "./http-settings.ts";
import { Counts } from "./record-counts.ts";
import { verifySnapshot } from "./snapshot-file.ts";
import type { SNAPSHOT_SAVE_FLAGS } from "./table/snapshot.ts";

/** Counts by kind of record, as JSON. */
const LEFT_OUT_HEADER = "X-Muster-Left-Out";
/** The file holds tokens and keys. */
const FILE_MODE = 0o600;

/** `snapshot save`: verified under another name first, so that FILE is never half a snapshot. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SNAPSHOT_SAVE_FLAGS>,
): Promise<number> {
  const file = theFile(args);
  const query = values["without-newer"] ? { "without-newer": "" } : {};
  const response = await orFail("Error saving snapshot", context.api.send("GET", "/v1/snapshot", { query }));
  const index = response.headers.get("X-Consul-Index") ?? "0";
  const bytes = await orFail("Error saving snapshot", response.bytes());
  const unverified = `${file}.unverified.tmp${randomUUID()}`;
  write(unverified, bytes);
  try {
    verifySnapshot(bytes);
    renameSync(unverified, file);
  } catch (error) {
    unlinkSync(unverified);
    throw new CommandFailure(`Error verifying snapshot file: ${errorText(error)}`);
  }
  context.print(`Saved and verified snapshot to index ${index}`);
  const leftOut = response.headers.get(LEFT_OUT_HEADER);
  if (leftOut !== null) context.print(`Left out: ${Counts.parse(JSON.parse(leftOut))}`);
  return 0;
}

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes, { mode: FILE_MODE, flag: "wx", flush: true });
  } catch (error) {
    throw new CommandFailure(`Error writing unverified snapshot file: ${openErrorText(file, error)}`);
  }
}
