import { Refusal } from "../../lib/refusal.ts";
import type { FileStore } from "../../ports/file-store.ts";
import type { Logger } from "../../ports/logger.ts";
import { Keyring } from "../wire/keyring.ts";

const INDENT = 2;
const MEND = "which may be mended, or removed to start with the configured key";

/**
 * The keys of a pool, primary first, in a file as Serf and Consul have it: a JSON array of base64 texts. It is the truth
 * from the first start on, since keys change while agents run and their configuration does not.
 */
export class KeyringFile {
  readonly #files: FileStore | undefined;
  readonly #name: string;
  readonly #log: Logger;

  /** Without a name nothing is read or kept, and the configured key counts at each start. */
  constructor(files: FileStore | undefined, name: string | undefined, log: Logger) {
    this.#files = name === undefined ? undefined : files;
    this.#name = name ?? "";
    this.#log = log;
  }

  /** Keys to start with; none: gossip is not encrypted. Throws a Refusal for a bad key or file. */
  async load(configured: string): Promise<Keyring> {
    const own = ringOf("encrypt", configured === "" ? [] : [configured]);
    const kept = await this.#read();
    if (kept === undefined) {
      if (!own.isEmpty) await this.save(own);
      return own;
    }
    if (configured !== "" && configured !== kept[0]) {
      this.#log.warn("the keyring file has other gossip keys than the configuration, and it counts", {
        file: this.#name,
        keys: kept.length,
        "has the configured key": kept.includes(configured),
      });
    }
    return ringOf(`${this.#name}, ${MEND}`, kept);
  }

  /** Rejects with a Refusal when the disk does not take it. */
  async save(keyring: Keyring): Promise<void> {
    const keys = keyring.keys().map((key) => key.toBase64());
    await this.#files?.write(this.#name, JSON.stringify(keys, undefined, INDENT), true);
  }

  async #read(): Promise<readonly string[] | undefined> {
    const text = await readIfThere(this.#files, this.#name);
    if (text === undefined) return undefined;
    const keys = parse(text);
    if (keys === undefined || keys.length === 0) {
      throw new Refusal(`${this.#name}, ${MEND}: it is no JSON array of keys in base64`);
    }
    return keys;
  }
}

/** A file's text; undefined when there is none. Rejects when it is there and can't be read. */
export async function readIfThere(files: FileStore | undefined, name: string): Promise<string | undefined> {
  if (files === undefined) return undefined;
  const slash = name.lastIndexOf("/");
  const names = await files.list(slash < 0 ? "." : name.slice(0, slash));
  return names.includes(name.slice(slash + 1)) ? await files.read(name) : undefined;
}

function ringOf(where: string, keys: readonly string[]): Keyring {
  try {
    return new Keyring(keys.map(decodeKey));
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`${where}: ${error.message}`);
    throw error;
  }
}

/** The bytes of a key in base64. Throws a Refusal that doesn't show it. */
function decodeKey(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
  } catch {
    throw new Refusal("a gossip key is not base64; make one with: keygen");
  }
}

function parse(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}
