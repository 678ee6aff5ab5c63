import { Refusal } from "../../lib/refusal.ts";

/** Lengths of AES keys: 128, 192 and 256 bits. */
const KEY_BYTES: readonly number[] = [16, 24, 32];
/** Each is tried on what can't be opened. */
const KEYS_MAX = 64;

/**
 * Keys of a pool: the first, the primary, seals, and each opens. Orders that can't be followed throw a Refusal in
 * memberlist's words. A ring without keys means that nothing is encrypted. Keys never show when it is printed.
 */
export class Keyring {
  #keys: readonly Uint8Array[];

  /** The primary first. */
  constructor(keys: readonly Uint8Array[] = []) {
    this.#keys = [];
    for (const key of keys) this.add(key);
  }

  /** The primary first. */
  keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  get primary(): Uint8Array | undefined {
    return this.#keys[0];
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** One more key that opens; nothing happens when it is there. */
  add(key: Uint8Array): void {
    if (!KEY_BYTES.includes(key.length)) throw new Refusal("key size must be 16, 24 or 32 bytes");
    if (this.#find(key) >= 0) return;
    if (this.#keys.length >= KEYS_MAX) throw new Refusal(`The keyring has ${KEYS_MAX} keys already: remove one first`);
    this.#keys = [...this.#keys, new Uint8Array(key)];
  }

  /** Seals with this key from now on. */
  use(key: Uint8Array): void {
    const found = this.#keys[this.#find(key)];
    if (found === undefined) throw new Refusal("Requested key is not in the keyring");
    this.#keys = [found, ...this.#keys.filter((other) => other !== found)];
  }

  /** Nothing happens when it is not there. */
  remove(key: Uint8Array): void {
    const at = this.#find(key);
    if (at === 0) throw new Refusal("Removing the primary key is not allowed");
    this.#keys = this.#keys.filter((_, index) => index !== at);
  }

  #find(key: Uint8Array): number {
    return this.#keys.findIndex((other) => other.length === key.length && other.every((byte, i) => byte === key[i]));
  }
}
