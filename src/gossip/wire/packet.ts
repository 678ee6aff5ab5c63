import { unpackLzw } from "../../codec/lzw.ts";
import { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { CutOff, WireError } from "../../codec/wire-error.ts";
import { assert } from "../../lib/assert.ts";
import type { PacketMessage } from "../messages.ts";
import { COMPOUND_BYTES, PART_BYTES } from "../transport.ts";
import { readPacked } from "./compression.ts";
import { decodeMessage } from "./decode.ts";
import type { Seal } from "./seal.ts";
import { TYPE, U16_MAX } from "./types.ts";

/** What a packet may have, so that it is not split on its way (memberlist's UDPBufferSize). */
const PACKET_BYTES_MAX = 1400;
/** Older members count the lengths of a compound's parts with eight bits. */
const PARTS_MAX = 127;
const CHECKSUM_BYTES = 5;
const LABEL_HEAD_BYTES = 2;

/** Limits of one packet that came: messages in all, how deep they may be wrapped, and what they may unpack to together. */
const MESSAGES_MAX = 1024;
const DEPTH_MAX = 4;
const UNPACKED_BYTES_MAX = 128 * 1024;

/**
 * Messages to packets and back. From outside in a packet has: a label, encryption, a checksum, compression, and several
 * messages in one. Nothing is compressed on sending: a packet is small.
 */
export class PacketCodec {
  readonly #seal: Seal;

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** Bytes that the parts of one packet may have in all, with `PART_BYTES` for each. Smaller with encryption. */
  budget(): number {
    const { isSealing, label, overheadBytes } = this.#seal;
    const room = PACKET_BYTES_MAX - COMPOUND_BYTES - CHECKSUM_BYTES - (isSealing ? overheadBytes : 0);
    return label.length === 0 ? room : room - LABEL_HEAD_BYTES - label.length;
  }

  /** One packet of encoded messages; at most 127. `withCrc`: the receiver is known to check it. */
  seal(parts: readonly Uint8Array[], withCrc: boolean): Uint8Array {
    assert(
      parts.length > 0 && parts.length <= PARTS_MAX,
      `a packet has 1 to ${PARTS_MAX} parts, and not ${parts.length}`,
    );
    const { isSealing, label } = this.#seal;
    const headBytes = label.length === 0 || isSealing ? 0 : LABEL_HEAD_BYTES + label.length;
    const bodyAt = headBytes + (withCrc ? CHECKSUM_BYTES : 0);
    const packet = new Uint8Array(bodyAt + bodyLength(parts));
    if (headBytes > 0) writeLabel(packet, label);
    writeBody(packet, bodyAt, parts);
    if (withCrc) writeChecksum(packet, headBytes);
    return isSealing ? this.#sealed(packet) : packet;
  }

  #sealed(plain: Uint8Array): Uint8Array {
    const { label } = this.#seal;
    const closed = this.#seal.close(plain, label);
    if (label.length === 0) return closed;
    const packet = new Uint8Array(LABEL_HEAD_BYTES + label.length + closed.length);
    writeLabel(packet, label);
    packet.set(closed, LABEL_HEAD_BYTES + label.length);
    return packet;
  }

  /**
   * Messages of a packet that came, in their order; they own their bytes. One among several that is malformed is left out.
   * Throws WireError when nothing is left.
   */
  open(packet: Uint8Array): PacketMessage[] {
    const opening = new Opening();
    opening.take(checked(this.#plain(withoutLabel(packet, this.#seal.label))), 0);
    return opening.messages();
  }

  #plain(packet: Uint8Array): Uint8Array {
    if (!this.#seal.hasKeys) return packet;
    try {
      return this.#seal.open(packet, this.#seal.label);
    } catch (error) {
      if (this.#seal.isStrict || !(error instanceof WireError)) throw error;
      return packet;
    }
  }
}

/** The messages of one packet, and what is left of its limits. */
class Opening {
  readonly #messages: PacketMessage[] = [];
  #failure: WireError | undefined;
  #partsLeft = MESSAGES_MAX;
  #unpackedBytesLeft = UNPACKED_BYTES_MAX;

  messages(): PacketMessage[] {
    if (this.#messages.length === 0) throw this.#failure ?? new WireError("the packet is empty");
    return this.#messages;
  }

  take(bytes: Uint8Array, depth: number): void {
    try {
      if (bytes[0] === TYPE.compound) this.#takeCompound(bytes, depth + 1);
      else if (bytes[0] === TYPE.compressed) this.#takeCompressed(bytes, depth + 1);
      else this.#messages.push(decodeMessage(bytes));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#failure ??= error;
    }
  }

  #takeCompound(bytes: Uint8Array, depth: number): void {
    checkDepth(depth);
    const count = bytes[1] ?? 0;
    let at = 2 + 2 * count;
    if (bytes.length < at) throw new CutOff("the lengths of a compound message are cut off");
    for (let i = 0; i < count; i++) {
      const length = u16(bytes, 2 + 2 * i);
      // What is cut off is lost, and the rest counts.
      if (at + length > bytes.length) throw new CutOff("a compound message is cut off");
      if (--this.#partsLeft < 0) throw new WireError(`the packet has more than ${MESSAGES_MAX} messages`);
      this.take(bytes.subarray(at, at + length), depth);
      at += length;
    }
  }

  #takeCompressed(bytes: Uint8Array, depth: number): void {
    checkDepth(depth);
    const bytesMax = this.#unpackedBytesLeft;
    // Whatever fails may have cost all of it.
    this.#unpackedBytesLeft = 0;
    const unpacked = unpackLzw(readPacked(new MsgpackReader(bytes, 1)), bytesMax);
    this.#unpackedBytesLeft = bytesMax - unpacked.length;
    this.take(unpacked, depth);
  }
}

function checkDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw new WireError(`messages are wrapped more than ${DEPTH_MAX} times`);
}

function bodyLength(parts: readonly Uint8Array[]): number {
  let length = parts.length === 1 ? 0 : COMPOUND_BYTES + PART_BYTES * parts.length;
  for (const part of parts) length += part.length;
  return length;
}

function writeBody(packet: Uint8Array, at: number, parts: readonly Uint8Array[]): void {
  if (parts.length > 1) {
    packet[at++] = TYPE.compound;
    packet[at++] = parts.length;
    for (const { length } of parts) {
      assert(length <= U16_MAX, `a part of ${length} bytes does not fit into a packet`);
      packet[at++] = length >>> 8;
      packet[at++] = length;
    }
  }
  for (const part of parts) {
    packet.set(part, at);
    at += part.length;
  }
}

/** Of everything behind it. */
function writeChecksum(packet: Uint8Array, at: number): void {
  const sum = Bun.hash.crc32(packet.subarray(at + CHECKSUM_BYTES));
  packet[at] = TYPE.checksummed;
  packet[at + 1] = sum >>> 24;
  packet[at + 2] = sum >>> 16;
  packet[at + 3] = sum >>> 8;
  packet[at + 4] = sum;
}

function checked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== TYPE.checksummed || bytes.length < CHECKSUM_BYTES) return bytes;
  const body = bytes.subarray(CHECKSUM_BYTES);
  const sum = u16(bytes, 1) * 0x10000 + u16(bytes, 3);
  if (Bun.hash.crc32(body) !== sum) throw new WireError("the packet's checksum is wrong");
  return body;
}

function writeLabel(packet: Uint8Array, label: Uint8Array): void {
  packet[0] = TYPE.label;
  packet[1] = label.length;
  packet.set(label, LABEL_HEAD_BYTES);
}

/** What is behind the label, which must be the own one. */
function withoutLabel(packet: Uint8Array, own: Uint8Array): Uint8Array {
  const hasLabel = packet[0] === TYPE.label;
  const end = hasLabel ? LABEL_HEAD_BYTES + (packet[1] ?? 0) : 0;
  const label = packet.subarray(Math.min(end, LABEL_HEAD_BYTES), end);
  const isOwn = label.length === own.length && label.every((byte, at) => byte === own[at]);
  if (!isOwn || (hasLabel && own.length === 0)) throw new WireError("the packet has another label");
  return packet.subarray(end);
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
