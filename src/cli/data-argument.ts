import { readFileSync } from "node:fs";
import type { CommandContext } from "./context.ts";
import { openErrorText } from "./http-settings.ts";

/** What a DATA argument stands for: `@file` a file, `-` standard input, anything else itself. Throws with Go's text. */
export async function readDataArgument(context: CommandContext, text: string): Promise<Uint8Array> {
  if (text === "-") return await context.stdin();
  if (!text.startsWith("@")) return Buffer.from(text);
  const file = text.slice(1);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`Failed to read file: ${openErrorText(file, error)}`);
  }
}
