import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Cipher } from "../ports/cipher.ts";

const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES };

/** AES-GCM of the runtime's OpenSSL; the length of the key picks AES-128, -192 or -256. */
export const aesGcm: Cipher = {
  randomBytes: (length) => randomBytes(length),
  seal(key, nonce, plain, additional) {
    const cipher = createCipheriv(algorithm(key), key, nonce, OPTIONS);
    cipher.setAAD(additional);
    const sealed = Buffer.allocUnsafe(plain.length + TAG_BYTES);
    const head = cipher.update(plain);
    head.copy(sealed);
    cipher.final();
    cipher.getAuthTag().copy(sealed, plain.length);
    return sealed;
  },
  open(key, nonce, sealed, additional) {
    if (sealed.length < TAG_BYTES) return undefined;
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(algorithm(key), key, nonce, OPTIONS);
    decipher.setAAD(additional);
    decipher.setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  },
};

function algorithm(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  if (key.length === 16) return "aes-128-gcm";
  return key.length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}
