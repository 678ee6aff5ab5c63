import { existsSync, writeFileSync } from "node:fs";
import { CommandFailure } from "./context.ts";
import { openErrorText } from "./http-settings.ts";

const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** Refuses, in Consul's words, when a file is there already. */
export function refuseExisting(files: readonly string[]): void {
  for (const file of files) if (existsSync(file)) throw new CommandFailure(`${file} already exists.`);
}

/** Writes a file that must not be there yet. A private one is its owner's alone from the first byte on. */
export function writeNewFile(file: string, text: string, access: "private" | "public"): void {
  const mode = access === "private" ? PRIVATE_MODE : PUBLIC_MODE;
  try {
    writeFileSync(file, text, { flag: "wx", mode });
  } catch (error) {
    throw new CommandFailure(openErrorText(file, error));
  }
}
