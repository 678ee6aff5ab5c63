import { Refusal } from "../../lib/refusal.ts";
import type { FileStore } from "../../ports/file-store.ts";
import type { Logger } from "../../ports/logger.ts";

const KEY_BYTES: readonly number[] = [16, 24, 32];

/** Why this text is no gossip key, if so. */
export function keyFault(key: string): string | undefined {
  const bytes = /^[A-Za-z0-9+/]*={0,2}$/.test(key) ? Buffer.from(key, "base64") : undefined;
  if (bytes === undefined || bytes.toString("base64") !== key) return "a gossip key is base64";
  return KEY_BYTES.includes(bytes.length)
    ? undefined
    : `a gossip key has 16, 24 or 32 bytes, and this has ${bytes.length}`;
}

/**
 * The keys of a pool, primary first, in a file as Serf and Consul have it: a JSON array of base64 texts. It is the truth
 * from the first start on, since keys change while agents run and their configuration does not.
 */
export class KeyringFile {
  readonly #files: FileStore | undefined;
  readonly #name: string;
  readonly #log: Logger;

  constructor(files: FileStore | undefined, name: string, log: Logger) {
    this.#files = files;
    this.#name = name;
    this.#log = log;
  }

  /** Keys to start with; none: gossip is not encrypted. Throws a Refusal for a bad key or file. */
  async load(configured: string): Promise<readonly string[]> {
    const fault = configured === "" ? undefined : keyFault(configured);
    if (fault !== undefined) throw new Refusal(`encrypt: ${fault}; make one with: keygen`);
    const kept = await this.#read();
    if (kept === undefined) {
      if (configured === "") return [];
      await this.save([configured]);
      return [configured];
    }
    if (configured !== "" && configured !== kept[0]) {
      this.#log.warn("the keyring file has other gossip keys than the configuration, and it counts", {
        file: this.#name,
        keys: kept.length,
        "has the configured key": kept.includes(configured),
      });
    }
    return kept;
  }

  /** Rejects with a Refusal when the disk does not take it. */
  async save(keys: readonly string[]): Promise<void> {
    await this.#files?.write(this.#name, JSON.stringify(keys, null, 2), true);
  }

  async #read(): Promise<readonly string[] | undefined> {
    if (this.#files === undefined || !(await this.#exists(this.#files))) return undefined;
    const text = await this.#files.read(this.#name);
    const keys = parse(text);
    const mend = `mend the file, or remove it to start with the configured key`;
    if (keys === undefined || keys.length === 0) {
      throw new Refusal(`${this.#name} is no list of gossip keys (a JSON array of base64 texts); ${mend}`);
    }
    const at = keys.findIndex((key) => keyFault(key) !== undefined);
    if (at >= 0) throw new Refusal(`${this.#name}: key ${at + 1}: ${keyFault(keys[at] ?? "")}; ${mend}`);
    return keys;
  }

  async #exists(files: FileStore): Promise<boolean> {
    const slash = this.#name.lastIndexOf("/");
    const folder = slash < 0 ? "." : this.#name.slice(0, slash);
    return (await files.list(folder)).includes(this.#name.slice(slash + 1));
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
