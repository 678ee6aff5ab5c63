import type { SlicedReader } from "../../../src/gossip/pool/reading.ts";

/** Reads a line; one that begins with `!` can't be read, and each `~` in it asks for another slice of work. */
export class LineReader implements SlicedReader<{ line: string }> {
  #text = "";
  #slices = 0;

  take(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString();
  }

  step(): { line: string } | "more" | "again" {
    if (this.#text.startsWith("!")) throw new Error("no line");
    if (!this.#text.endsWith("\n")) return "more";
    if (this.#slices++ < this.#text.split("~").length - 1) return "again";
    return { line: this.#text.trim() };
  }
}
