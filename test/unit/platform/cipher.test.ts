import { describe, expect, test } from "bun:test";
import { aesGcm } from "../../../src/platform/cipher.ts";

const hex = (text: string) => Uint8Array.fromHex(text);

// Test cases 4, 10 and 16 of "The Galois/Counter Mode of Operation" (McGrew and Viega), of which NIST's are a copy.
const KEY = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const NONCE = hex("cafebabefacedbaddecaf888");
const ADDITIONAL = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const PLAIN = hex(
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
);
const SEALED = {
  16: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
  24: "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c",
  32: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
};

describe("AES-GCM", () => {
  for (const [length, sealed] of Object.entries(SEALED)) {
    const key = hex(KEY.slice(0, 2 * Number(length)));

    test(`with a key of ${length} bytes gives the published ciphertext and tag, and opens them`, () => {
      expect(aesGcm.seal(key, NONCE, PLAIN, ADDITIONAL).toHex()).toBe(sealed);
      expect(aesGcm.open(key, NONCE, hex(sealed), ADDITIONAL)?.toHex()).toBe(PLAIN.toHex());
    });
  }

  const key = hex(KEY.slice(0, 32));
  const sealed = aesGcm.seal(key, NONCE, PLAIN, ADDITIONAL);

  test("does not open what was changed anywhere, nor with another key, nonce or additional data", () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = new Uint8Array(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(aesGcm.open(key, NONCE, changed, ADDITIONAL)).toBeUndefined();
    }
    expect(aesGcm.open(hex("00".repeat(16)), NONCE, sealed, ADDITIONAL)).toBeUndefined();
    expect(aesGcm.open(key, hex("00".repeat(12)), sealed, ADDITIONAL)).toBeUndefined();
    expect(aesGcm.open(key, NONCE, sealed, hex("00"))).toBeUndefined();
  });

  test("does not open what is too short to have a tag", () => {
    for (let length = 0; length < 17; length++) {
      expect(aesGcm.open(key, NONCE, sealed.subarray(0, length), ADDITIONAL)).toBeUndefined();
    }
  });

  test("seals nothing and large messages", () => {
    for (const length of [0, 1, 100_000]) {
      const plain = aesGcm.randomBytes(length);
      const closed = aesGcm.seal(key, NONCE, plain, new Uint8Array(0));
      expect(closed).toHaveLength(length + 16);
      expect(aesGcm.open(key, NONCE, closed, new Uint8Array(0))?.toHex()).toBe(plain.toHex());
    }
  });

  test("gives other random bytes each time", () => {
    expect(new Set(Array.from({ length: 100 }, () => aesGcm.randomBytes(12).toHex())).size).toBe(100);
  });
});
