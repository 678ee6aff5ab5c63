import { WireError } from "../../codec/wire-error.ts";
import type { Seal } from "./seal.ts";
import {
  encodingStreamMessage,
  MESSAGE_BYTES_MAX,
  type Progress,
  type Reserve,
  type StreamMessage,
  StreamMessageReader,
} from "./stream-message.ts";
import { TYPE } from "./types.ts";

export type { StreamMessage };

const MIB = 1024 * 1024;

/** As memberlist. */
const SEALED_BYTES_MAX = 20 * MIB;
const SEALED_HEAD_BYTES = 5;
const LABEL_HEAD_BYTES = 2;
const ROOM_BYTES_MIN = 4096;

/** Who speaks first gives the label, if there is one. */
export interface Side {
  readonly isAnswer?: boolean;
}

/** Messages of streams to bytes and back. */
export class StreamCodec {
  readonly #seal: Seal;

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** All bytes of one side of a stream. Nothing is compressed: it costs more of the loop's time than of the network's. */
  encode(message: StreamMessage, side?: Side): Uint8Array {
    const slices = this.encoding(message, side);
    for (;;) {
      const slice = slices.next();
      if (slice.done) return slice.value;
    }
  }

  /** As `encode`, in slices: between them others may have the event loop. What the message refers to must not change. */
  *encoding(message: StreamMessage, { isAnswer = false }: Side = {}): Generator<void, Uint8Array> {
    const plain = yield* encodingStreamMessage(message);
    const body = this.#seal.isSealing ? this.#sealed(plain) : plain;
    const { label } = this.#seal;
    if (isAnswer || label.length === 0) return body;
    return joined(Uint8Array.of(TYPE.label, label.length), label, body);
  }

  #sealed(plain: Uint8Array): Uint8Array {
    const head = new Uint8Array(SEALED_HEAD_BYTES);
    head[0] = TYPE.encrypted;
    new DataView(head.buffer).setUint32(1, this.#seal.closedLength(plain.length));
    return joined(head, this.#seal.close(plain, joined(head, this.#seal.label)));
  }

  /** Reads what a peer says. `reserve` is asked before memory is taken that the peer did not send itself. */
  reader({ isAnswer = false, reserve = () => true }: Side & { reserve?: Reserve } = {}): StreamReader {
    return new StreamReader(this.#seal, isAnswer ? undefined : this.#seal.label, reserve);
  }
}

/** Reads one message of a peer, in whatever pieces it comes. After a WireError it is used up. */
export class StreamReader {
  readonly #seal: Seal;
  readonly #message: StreamMessageReader;
  readonly #reserve: Reserve;
  /** What the peer must say first; undefined once it did. */
  #label: Uint8Array | undefined;
  #bytes: Uint8Array = new Uint8Array(ROOM_BYTES_MIN);
  #length = 0;
  /** What was encrypted. */
  #opened: Uint8Array | undefined;

  constructor(seal: Seal, label: Uint8Array | undefined, reserve: Reserve) {
    this.#seal = seal;
    this.#label = label;
    this.#reserve = reserve;
    this.#message = new StreamMessageReader(reserve);
  }

  /** Takes what came and reads all that can be read: the message, or undefined when more must come. Throws WireError. */
  push(bytes: Uint8Array): StreamMessage | undefined {
    this.take(bytes);
    for (;;) {
      const progress = this.step();
      if (progress === "more") return undefined;
      if (progress !== "again") return progress;
    }
  }

  /** Takes what came, for `step`. Throws WireError when it is too much. */
  take(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > MESSAGE_BYTES_MAX) throw new WireError(`the message has more than ${MESSAGE_BYTES_MAX} bytes`);
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }

  /** Does a slice of the work, of about a millisecond (decrypting is one slice). Throws WireError. */
  step(): Progress {
    if (this.#opened !== undefined) return this.#message.run(this.#opened, true);
    if (this.#label !== undefined && !this.#readLabel(this.#label)) return "more";
    if (this.#length === 0) return "more";
    if (this.#bytes[0] === TYPE.encrypted) return this.#open();
    if (this.#seal.isStrict) throw new WireError("encryption is configured but remote state is not encrypted");
    return this.#message.run(this.#bytes.subarray(0, this.#length), false);
  }

  /** True when it is there and the right one. */
  #readLabel(own: Uint8Array): boolean {
    const hasLabel = this.#bytes[0] === TYPE.label;
    const end = hasLabel ? LABEL_HEAD_BYTES + (this.#bytes[1] ?? 0) : 0;
    if (this.#length === 0 || this.#length < Math.max(end, hasLabel ? LABEL_HEAD_BYTES : 0)) return false;
    const isOwn = hasLabel
      ? end === LABEL_HEAD_BYTES + own.length && own.every((byte, at) => byte === this.#bytes[LABEL_HEAD_BYTES + at])
      : own.length === 0;
    if (!isOwn || (hasLabel && own.length === 0)) throw new WireError("discarding stream with unacceptable label");
    this.#bytes = this.#bytes.subarray(end);
    this.#length -= end;
    this.#label = undefined;
    return true;
  }

  #open(): Progress {
    if (!this.#seal.hasKeys) throw new WireError("remote state is encrypted and encryption is not configured");
    if (this.#length < SEALED_HEAD_BYTES) return "more";
    const bytes = this.#bytes.subarray(0, this.#length);
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (length > SEALED_BYTES_MAX) throw new WireError(`remote node state is larger than limit (${length})`);
    const end = SEALED_HEAD_BYTES + length;
    if (bytes.length < end) return "more";
    if (!this.#reserve(length)) throw new WireError("all messages that come hold too much together");
    const additional = joined(bytes.subarray(0, SEALED_HEAD_BYTES), this.#seal.label);
    this.#opened = this.#seal.open(bytes.subarray(SEALED_HEAD_BYTES, end), additional);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return "again";
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
