import type { CommandContext } from "./context.ts";

const KEY_BYTES = 32;

/** `keygen`: a gossip encryption key. */
export async function run(context: CommandContext): Promise<number> {
  context.print(crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64());
  return 0;
}
