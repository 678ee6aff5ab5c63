import { readTarHeader, TAR_BLOCK_BYTES } from "./tar.ts";

const SMALL_BYTES_MAX = 1024 * 1024;
const META = "meta.json";
const STATE = "state.bin";
const SUMS = "SHA256SUMS";

/** An archive that isn't whole, in Consul's words; they belong behind `failed to read snapshot file: `. */
export class ArchiveError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ArchiveError";
  }
}

interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

export interface ArchiveTarget {
  /** A new SHA-256. */
  newHash(): Hash;
  /** How many bytes `state.bin` is going to have, before any of them is there. Throws when they are too many. */
  onSize?(bytes: number): void;
  /** More of `state.bin`; it is only good until this returns. */
  onState(part: Uint8Array): void;
}

/** A file of the tar that is being read. */
interface Current {
  name: string;
  left: number;
  padding: number;
}

/**
 * Reads the unpacked bytes of a snapshot file as they come, ours or Consul's: a tar of `meta.json`, `state.bin` and `SHA256SUMS`.
 * Everything but the state is small. Throws ArchiveError.
 */
export class ArchiveReader {
  readonly #target: ArchiveTarget;
  readonly #header = new Uint8Array(TAR_BLOCK_BYTES);
  readonly #hashes = new Map<string, Hash>();
  readonly #small = new Map<string, Uint8Array>([
    [META, new Uint8Array()],
    [SUMS, new Uint8Array()],
  ]);
  #headerBytes = 0;
  #current: Current | undefined;
  #isAtEnd = false;
  #stateBytes = 0;

  constructor(target: ArchiveTarget) {
    this.#target = target;
  }

  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#isAtEnd) rest = rest.subarray(this.#take(rest));
  }

  /** The tar has ended; what may follow is the rest of what packs it. */
  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /** The bytes end too early, or can't be unpacked any further because of `why`. */
  cut(why = "unexpected EOF"): ArchiveError {
    const doing: Record<string, string> = {
      [META]: "failed to read snapshot metadata",
      [STATE]: "failed to read or write snapshot data",
      [SUMS]: "failed to read snapshot hashes",
    };
    return new ArchiveError(`${doing[this.#current?.name ?? ""] ?? "failed reading snapshot"}: ${why}`);
  }

  /** Verifies the sums once all bytes were pushed; returns the content of `meta.json`. */
  end(): { meta: string; stateBytes: number } {
    if (!this.#isAtEnd) throw this.cut();
    const listed = this.#listedSums();
    for (const name of [META, STATE]) {
      const hash = this.#hashes.get(name);
      const sum = listed.get(name);
      if (sum === undefined) throw broken(`file missing for ${JSON.stringify(name)}`);
      if (hash?.digest("hex") !== sum) throw broken(`hash check failed for ${JSON.stringify(name)}`);
    }
    return { meta: new TextDecoder().decode(this.#small.get(META)), stateBytes: this.#stateBytes };
  }

  /** Returns how many bytes it took. */
  #take(bytes: Uint8Array): number {
    const current = this.#current;
    if (current === undefined) return this.#takeHeader(bytes);
    if (current.left > 0) {
      const part = bytes.subarray(0, current.left);
      this.#content(current.name, part);
      current.left -= part.length;
      if (current.left + current.padding === 0) this.#current = undefined;
      return part.length;
    }
    const passed = Math.min(current.padding, bytes.length);
    current.padding -= passed;
    if (current.padding === 0) this.#current = undefined;
    return passed;
  }

  #takeHeader(bytes: Uint8Array): number {
    const part = bytes.subarray(0, TAR_BLOCK_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes === TAR_BLOCK_BYTES) {
      this.#headerBytes = 0;
      this.#begin();
    }
    return part.length;
  }

  #begin(): void {
    const header = readTarHeader(this.#header);
    if (header === undefined) {
      this.#isAtEnd = true;
      return;
    }
    if (header === "invalid") throw new ArchiveError("failed reading snapshot: archive/tar: invalid tar header");
    const { name, size } = header;
    if (name !== STATE && !this.#small.has(name)) {
      throw new ArchiveError(`unexpected file ${JSON.stringify(name)} in snapshot`);
    }
    if (this.#hashes.has(name)) throw new ArchiveError(`${JSON.stringify(name)} is twice in snapshot`);
    if (name !== STATE && size > SMALL_BYTES_MAX) {
      throw new ArchiveError(`${JSON.stringify(name)} in snapshot is larger than ${SMALL_BYTES_MAX} bytes`);
    }
    if (name === STATE) this.#target.onSize?.(size);
    this.#hashes.set(name, this.#target.newHash());
    const padding = (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
    if (size > 0) this.#current = { name, left: size, padding };
  }

  #content(name: string, part: Uint8Array): void {
    this.#hashes.get(name)?.update(part);
    if (name === STATE) {
      this.#stateBytes += part.length;
      this.#target.onState(part);
      return;
    }
    const before = this.#small.get(name) ?? new Uint8Array();
    const both = new Uint8Array(before.length + part.length);
    both.set(before);
    both.set(part, before.length);
    this.#small.set(name, both);
  }

  #listedSums(): Map<string, string> {
    const listed = new Map<string, string>();
    for (const line of new TextDecoder().decode(this.#small.get(SUMS)).split("\n")) {
      const [, sum, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
      if (sum !== undefined && name !== undefined) {
        if (name !== META && name !== STATE) throw broken(`list missing hash for ${JSON.stringify(name)}`);
        listed.set(name, sum);
      } else if (line !== "") throw broken("unreadable SHA256SUMS");
    }
    return listed;
  }
}

function broken(what: string): ArchiveError {
  return new ArchiveError(`failed checking integrity of snapshot: ${what}`);
}

/** What the first bytes of a file say that is no gzip, in Go's words; undefined when they are those of one. */
export function notGzip(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "EOF";
  const [first, second, method] = bytes;
  if (bytes.length < GZIP_HEADER_BYTES) return "unexpected EOF";
  return first === 0x1f && second === 0x8b && method === 8 ? undefined : "gzip: invalid header";
}

const GZIP_HEADER_BYTES = 10;
