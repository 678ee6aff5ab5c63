import { packLzw } from "../../../src/codec/lzw.ts";
import { MsgpackWriter } from "../../../src/codec/msgpack/writer.ts";
import { Keyring } from "../../../src/gossip/wire/keyring.ts";
import { Seal, type SealOptions } from "../../../src/gossip/wire/seal.ts";
import { TYPE } from "../../../src/gossip/wire/types.ts";
import { aesGcm } from "../../../src/platform/cipher.ts";

export function keyOf(byte: number, length = 16): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** A seal that is strict in both directions, if not told otherwise. */
export function sealWith(keys: readonly Uint8Array[], options: Partial<SealOptions> = {}): Seal {
  return new Seal({
    cipher: aesGcm,
    keyring: new Keyring(keys),
    verifyIncoming: true,
    verifyOutgoing: true,
    ...options,
  });
}

/** A message as peers that compress have it. */
export function compressed(bytes: Uint8Array, algorithm = 0): Uint8Array {
  const writer = new MsgpackWriter();
  writer.byte(TYPE.compressed);
  writer.map(2);
  writer.text("Algo");
  writer.uint(algorithm);
  writer.text("Buf");
  writer.raw(packLzw(bytes));
  return writer.take();
}

/** Several messages in one, whatever they are. */
export function compound(parts: readonly Uint8Array[]): Uint8Array {
  const lengths = parts.flatMap(({ length }) => [length >> 8, length & 255]);
  return new Uint8Array(Buffer.concat([Buffer.of(TYPE.compound, parts.length, ...lengths), ...parts]));
}

/** With the CRC-32 in front. */
export function checksummed(bytes: Uint8Array): Uint8Array {
  const out = Buffer.alloc(5 + bytes.length, TYPE.checksummed);
  out.writeUInt32BE(Bun.hash.crc32(bytes), 1);
  out.set(bytes, 5);
  return new Uint8Array(out);
}

/** With a label in front. */
export function labelled(label: string, bytes: Uint8Array): Uint8Array {
  const name = Buffer.from(label);
  return new Uint8Array(Buffer.concat([Buffer.of(TYPE.label, name.length), name, bytes]));
}
