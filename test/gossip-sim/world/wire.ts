import type { PacketMessage, PushPull } from "../../../src/gossip/messages.ts";
import { COMPOUND_BYTES, PART_BYTES } from "../../../src/gossip/transport.ts";
import { decodeMessage } from "../../../src/gossip/wire/decode.ts";
import { Keyring } from "../../../src/gossip/wire/keyring.ts";
import { PacketCodec } from "../../../src/gossip/wire/packet.ts";
import { Seal } from "../../../src/gossip/wire/seal.ts";
import { StreamCodec } from "../../../src/gossip/wire/stream.ts";
import { TYPE } from "../../../src/gossip/wire/types.ts";

const CHECKSUM_BYTES = 5;

/** What goes through the network, and how many bytes that is. */
export interface Wire {
  budget(): number;
  packet(parts: readonly Uint8Array[], withCrc: boolean): { bytes: number; open(): readonly PacketMessage[] };
  states(states: PushPull): { bytes: number; read(): PushPull };
}

/** Of pings and answers each is another; all else is for everybody. */
export function isForAll(part: Uint8Array): boolean {
  const type = part[0] ?? 0;
  return type !== TYPE.ping && type !== TYPE.indirectPing && type !== TYPE.ack && type !== TYPE.nack;
}

const withoutKeys = new Seal({
  cipher: {
    randomBytes: (length) => new Uint8Array(length),
    seal: (_key, _nonce, plain) => plain,
    open: (_key, _nonce, sealed) => sealed,
  },
  keyring: new Keyring(),
  verifyIncoming: false,
  verifyOutgoing: false,
});

/** Everything is written to bytes and read from them. */
export class ByteWire implements Wire {
  readonly #packets = new PacketCodec(withoutKeys);
  readonly #streams = new StreamCodec(withoutKeys);

  budget(): number {
    return this.#packets.budget();
  }

  packet(parts: readonly Uint8Array[], withCrc: boolean) {
    const packet = this.#packets.seal(parts, withCrc);
    return { bytes: packet.length, open: () => this.#packets.open(packet) };
  }

  states(states: PushPull) {
    const bytes = this.#streams.encode({ type: "pushPull", ...states });
    return { bytes: bytes.length, read: () => this.#read(bytes) };
  }

  #read(bytes: Uint8Array): PushPull {
    const message = this.#streams.reader().push(bytes);
    if (message?.type !== "pushPull") throw new Error("states that were written can't be read");
    return message;
  }
}

/**
 * For large pools. A part that is sent again and again is read once; states are handed over as they are, and their size is
 * reckoned by that of one member.
 */
export class ThriftyWire implements Wire {
  readonly #exact = new ByteWire();
  readonly #read = new WeakMap<Uint8Array, PacketMessage>();
  #memberBytes = 0;

  budget(): number {
    return this.#exact.budget();
  }

  packet(parts: readonly Uint8Array[], withCrc: boolean) {
    let bytes = withCrc ? CHECKSUM_BYTES : 0;
    if (parts.length > 1) bytes += COMPOUND_BYTES + PART_BYTES * parts.length;
    for (const { length } of parts) bytes += length;
    return { bytes, open: () => parts.map((part) => this.#message(part)) };
  }

  states(states: PushPull) {
    const { isJoin, nodes, userState } = states;
    if (this.#memberBytes === 0)
      this.#memberBytes = this.#exact.states({ isJoin, nodes, userState }).bytes / nodes.length;
    return { bytes: Math.round(this.#memberBytes * nodes.length), read: () => states };
  }

  #message(part: Uint8Array): PacketMessage {
    if (!isForAll(part)) return decodeMessage(part);
    const known = this.#read.get(part);
    if (known !== undefined) return known;
    const message = decodeMessage(part);
    this.#read.set(part, message);
    return message;
  }
}
