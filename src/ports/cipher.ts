/** Authenticated encryption as the parts above see it: AES-GCM with a 12-byte nonce and a 16-byte tag. */
export interface Cipher {
  /** Random bytes for a nonce or a key. */
  randomBytes(length: number): Uint8Array;
  /** Ciphertext and tag behind it. `key` has 16, 24 or 32 bytes. */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, additional: Uint8Array): Uint8Array;
  /** Undefined when the tag doesn't fit. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, additional: Uint8Array): Uint8Array | undefined;
}
