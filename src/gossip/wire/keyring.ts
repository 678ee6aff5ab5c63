import { Refusal } from "../../lib/refusal.ts";

/** Lengths of AES keys: 128, 192 and 256 bits. */
const KEY_BYTES: readonly number[] = [16, 24, 32];
/** Each is tried on what can't be opened. */
const KEYS_MAX = 64;
const INDENT = 2;

/**
 * Keys of a pool: the first, the primary, seals, and each opens. Orders answer in memberlist's words why they can't be
 * followed. A ring without keys means that nothing is encrypted. Keys never show when it is printed.
 */
export class Keyring {
  #keys: readonly Uint8Array[] = [];

  /** Keys in base64, the primary first. Throws a Refusal. */
  static of(keys: readonly string[]): Keyring {
    const ring = new Keyring();
    for (const key of keys) {
      const refused = ring.install(decodeKey(key));
      if (refused !== undefined) throw new Refusal(refused);
    }
    return ring;
  }

  /** The text of a keyring file as Serf writes it: a JSON array of keys in base64, the primary first. Throws a Refusal. */
  static fromFile(text: string): Keyring {
    const keys = parseJson(text);
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) {
      throw new Refusal("The keyring file is not a JSON array of keys in base64: mend or remove it");
    }
    if (keys.length === 0) throw new Refusal("Keyring file contains no keys");
    return Keyring.of(keys);
  }

  /** The primary first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  get primary(): Uint8Array | undefined {
    return this.#keys[0];
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** In base64, the primary first. For the file, and for members that have keys of the pool themselves. */
  reveal(): string[] {
    return this.#keys.map((key) => key.toBase64());
  }

  /** For a file of mode 0600. */
  toFile(): string {
    return JSON.stringify(this.reveal(), undefined, INDENT);
  }

  /** One more key that opens; nothing happens when it is there. Gives why it can't be. */
  install(key: Uint8Array): string | undefined {
    if (!KEY_BYTES.includes(key.length)) return "key size must be 16, 24 or 32 bytes";
    if (this.#find(key) >= 0) return undefined;
    if (this.#keys.length >= KEYS_MAX) return `The keyring has ${KEYS_MAX} keys, no more are taken: remove one first`;
    this.#keys = [...this.#keys, new Uint8Array(key)];
    return undefined;
  }

  /** Seals with this key from now on. Gives why it can't be. */
  use(key: Uint8Array): string | undefined {
    const at = this.#find(key);
    const found = this.#keys[at];
    if (found === undefined) return "Requested key is not in the keyring";
    this.#keys = [found, ...this.#keys.filter((other) => other !== found)];
    return undefined;
  }

  /** Nothing happens when it is not there. Gives why it can't be. */
  remove(key: Uint8Array): string | undefined {
    const at = this.#find(key);
    if (at === 0) return "Removing the primary key is not allowed";
    this.#keys = this.#keys.filter((_, index) => index !== at);
    return undefined;
  }

  #find(key: Uint8Array): number {
    return this.#keys.findIndex((other) => other.length === key.length && other.every((byte, i) => byte === key[i]));
  }
}

/** The bytes of a key in base64. Throws a Refusal that doesn't show it. */
export function decodeKey(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
  } catch {
    throw new Refusal("A gossip key is not base64: make one with 'keygen'");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
