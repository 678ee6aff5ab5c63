import { readFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dir, "../../fixtures/gossip/serf-0.9.4-frames.txt");

/** Frames of a real serf by their names. */
export const FRAMES: ReadonlyMap<string, Uint8Array> = new Map(
  readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const at = line.lastIndexOf(": ");
      return [line.slice(0, at), Uint8Array.fromHex(line.slice(at + 2))];
    }),
);

/** What the encrypted ones are encrypted with. */
export const FRAMES_KEY = Uint8Array.fromBase64("T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=");

export function frame(name: string): Uint8Array {
  const bytes = FRAMES.get(name);
  if (bytes === undefined) throw new Error(`there is no frame ${name}`);
  return new Uint8Array(bytes);
}
