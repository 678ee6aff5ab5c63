import { WireError } from "../../codec/wire-error.ts";
import { assert } from "../../lib/assert.ts";
import type { Cipher } from "../../ports/cipher.ts";
import type { Keyring } from "./keyring.ts";

const VERSION_BYTES = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;
const LABEL_BYTES_MAX = 255;

/** 0 fills the plain bytes up to whole blocks (PKCS7), 1 doesn't. Peers that speak protocol 2 or later send 1. */
type SealVersion = 0 | 1;
const OVERHEAD_BYTES: Record<SealVersion, number> = {
  0: VERSION_BYTES + NONCE_BYTES + BLOCK_BYTES + TAG_BYTES,
  1: VERSION_BYTES + NONCE_BYTES + TAG_BYTES,
};

export interface SealOptions {
  readonly cipher: Cipher;
  readonly keyring: Keyring;
  /** Members with another label are not heard. "" for none: older members know no labels. */
  readonly label?: string;
  /** Whether what is not encrypted is refused, and whether what is sent is encrypted, as long as there are keys. */
  readonly verifyIncoming: boolean;
  readonly verifyOutgoing: boolean;
  readonly version?: SealVersion;
}

/** Who may be heard and who may read: keys, label, and the rules for both directions, of packets and streams alike. */
export class Seal {
  readonly label: Uint8Array;
  readonly #cipher: Cipher;
  readonly #keyring: Keyring;
  readonly #version: SealVersion;
  #incoming: boolean;
  #outgoing: boolean;

  constructor(options: SealOptions) {
    this.label = new TextEncoder().encode(options.label ?? "");
    assert(this.label.length <= LABEL_BYTES_MAX, `a label has at most ${LABEL_BYTES_MAX} bytes`);
    this.#cipher = options.cipher;
    this.#keyring = options.keyring;
    this.#version = options.version ?? 1;
    this.#incoming = options.verifyIncoming;
    this.#outgoing = options.verifyOutgoing;
  }

  verify({ incoming, outgoing }: { incoming: boolean; outgoing: boolean }): void {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** What is encrypted can be opened. */
  get hasKeys(): boolean {
    return !this.#keyring.isEmpty;
  }

  /** What is sent is encrypted. */
  get isSealing(): boolean {
    return this.#outgoing && this.hasKeys;
  }

  /** What is not encrypted is refused. */
  get isStrict(): boolean {
    return this.#incoming && this.hasKeys;
  }

  /** Bytes that encryption adds at most. */
  get overheadBytes(): number {
    return OVERHEAD_BYTES[this.#version];
  }

  /** Length of what `close` makes. */
  closedLength(plainBytes: number): number {
    const filled = this.#version === 1 ? plainBytes : filledLength(plainBytes);
    return OVERHEAD_BYTES[1] + filled;
  }

  /** Version, nonce, ciphertext and tag; with the primary key. */
  close(plain: Uint8Array, additional: Uint8Array): Uint8Array {
    const key = this.#keyring.primary;
    assert(key !== undefined, "there is a key to seal with");
    const nonce = this.#cipher.randomBytes(NONCE_BYTES);
    const sealed = this.#cipher.seal(key, nonce, this.#version === 1 ? plain : filled(plain), additional);
    const out = new Uint8Array(VERSION_BYTES + NONCE_BYTES + sealed.length);
    out[0] = this.#version;
    out.set(nonce, VERSION_BYTES);
    out.set(sealed, VERSION_BYTES + NONCE_BYTES);
    return out;
  }

  /** The plain bytes; each key is tried. Throws WireError. */
  open(closed: Uint8Array, additional: Uint8Array): Uint8Array {
    const version = closed[0] ?? 0;
    if (version !== 0 && version !== 1) throw new WireError(`Unsupported encryption version ${version}`);
    if (closed.length < OVERHEAD_BYTES[version]) {
      throw new WireError(`Payload is too small to decrypt: ${closed.length}`);
    }
    const nonce = closed.subarray(VERSION_BYTES, VERSION_BYTES + NONCE_BYTES);
    const sealed = closed.subarray(VERSION_BYTES + NONCE_BYTES);
    for (const key of this.#keyring.keys()) {
      const plain = this.#cipher.open(key, nonce, sealed, additional);
      if (plain !== undefined) return version === 1 ? plain : unfilled(plain);
    }
    throw new WireError("No installed keys could decrypt the message");
  }
}

function filledLength(bytes: number): number {
  return bytes + BLOCK_BYTES - (bytes % BLOCK_BYTES);
}

function filled(plain: Uint8Array): Uint8Array {
  const out = new Uint8Array(filledLength(plain.length));
  out.set(plain);
  out.fill(out.length - plain.length, plain.length);
  return out;
}

function unfilled(plain: Uint8Array): Uint8Array {
  const more = plain.at(-1) ?? 0;
  if (more < 1 || more > BLOCK_BYTES || more > plain.length)
    throw new WireError("the encrypted message is filled wrongly");
  return plain.subarray(0, plain.length - more);
}
