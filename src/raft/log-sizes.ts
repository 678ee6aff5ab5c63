const MARK_BYTES = 1024 * 1024;

/** How large the newest parts of the log are: of the entries that were applied since the start, to one megabyte. */
export class LogSizes {
  #bytes = 0;
  /** Where each further megabyte ended. */
  #marks: { index: number; bytes: number }[] = [];

  /** Entries up to `index` were applied, `bytes` of them since the last call. */
  add(index: number, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes - (this.#marks.at(-1)?.bytes ?? 0) >= MARK_BYTES) this.#marks.push({ index, bytes: this.#bytes });
  }

  /** At least the bytes of the entries behind `index`. */
  behind(index: number): number {
    return this.#bytes - (this.#marks.findLast((mark) => mark.index <= index)?.bytes ?? 0);
  }

  /** The last index behind which there are `bytes`, if that is known; else 0. */
  before(bytes: number): number {
    return this.#marks.findLast((mark) => this.#bytes - mark.bytes >= bytes)?.index ?? 0;
  }

  /** The log begins behind `index` now. */
  forget(index: number): void {
    const base = this.#marks.findLastIndex((mark) => mark.index <= index);
    if (base > 0) this.#marks.splice(0, base);
  }
}
