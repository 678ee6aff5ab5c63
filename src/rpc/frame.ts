const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * What is sent first when a link can't take all: what elections, leases and acknowledgements hang on, then the log, then
 * calls, then snapshots. Frames of one lane stay in order.
 */
export const LANES = ["control", "append", "call", "chunk"] as const;
export type Lane = (typeof LANES)[number];

interface KindOptions {
  /** On the wire, 1 to 127. Never used again for something else. */
  code: number;
  lane: Lane;
  bytesMax: number;
}

const control = (code: number, bytesMax = 4 * KIB): KindOptions => ({ code, lane: "control", bytesMax });

/** All that travels on a link. */
export const KINDS = {
  hello: control(1, 128 * KIB),
  ready: control(2),
  refuse: control(3),
  ping: control(4),
  pong: control(5),
  call: { code: 8, lane: "call", bytesMax: 64 * MIB },
  answer: { code: 9, lane: "call", bytesMax: 64 * MIB },
  failure: { code: 10, lane: "call", bytesMax: 64 * KIB },
  // Behind the call that it takes back.
  cancel: { code: 11, lane: "call", bytesMax: 4 * KIB },
  preVoteRequest: control(16),
  preVoteReply: control(17),
  voteRequest: control(18),
  voteReply: control(19),
  append: { code: 20, lane: "append", bytesMax: 64 * MIB },
  appendReply: control(21),
  heartbeat: control(22),
  heartbeatReply: control(23),
  snapshotChunk: { code: 24, lane: "chunk", bytesMax: 8 * MIB },
  snapshotReply: control(25),
  timeoutNow: control(26),
  readIndexRequest: control(27),
  readIndexReply: control(28),
} as const satisfies Record<string, KindOptions>;

export type FrameKind = keyof typeof KINDS;

const KIND_BY_CODE: readonly (FrameKind | undefined)[] = (() => {
  const kinds: (FrameKind | undefined)[] = new Array(128).fill(undefined);
  for (const [kind, { code }] of Object.entries(KINDS)) kinds[code] = kind as FrameKind;
  return kinds;
})();

/**
 * A frame travels in pieces, so that one of another lane can go in between: a byte of kind, whose high bit says that more
 * of the frame follows; three bytes of length, big-endian; that many bytes; CRC-32 of all this, big-endian.
 */
export const PIECE_BYTES_MAX = 64 * KIB;
const HEAD_BYTES = 4;
const CHECKSUM_BYTES = 4;
export const PIECE_OVERHEAD_BYTES = HEAD_BYTES + CHECKSUM_BYTES;
const MORE = 0x80;

/** Writes a piece to `out` at `at`, and gives where it ends. */
export function writePiece(out: Buffer, at: number, kind: FrameKind, part: Uint8Array, hasMore: boolean): number {
  out[at] = KINDS[kind].code | (hasMore ? MORE : 0);
  out[at + 1] = part.length >>> 16;
  out[at + 2] = part.length >>> 8;
  out[at + 3] = part.length;
  out.set(part, at + HEAD_BYTES);
  const end = at + HEAD_BYTES + part.length;
  out.writeUInt32BE(Bun.hash.crc32(out.subarray(at, end)), end);
  return end + CHECKSUM_BYTES;
}

/** A frame of which more is to come. */
interface Partial {
  kind: FrameKind;
  bytes: Buffer;
  length: number;
}

const NOTHING = Buffer.alloc(0);

export type DecoderLimits = (kind: FrameKind) => number;

/**
 * Cuts a stream, in whatever chunks it comes, into frames. Holds no more than twice what came of a frame, and never more
 * than a frame of its kind may have.
 */
export class FrameDecoder {
  readonly #onFrame: (kind: FrameKind, payload: Buffer) => boolean;
  readonly #bytesMaxOf: DecoderLimits;
  /** The piece that the chunks so far began, and how much of it is there. */
  #piece: Buffer = NOTHING;
  #pieceLength = 0;
  readonly #partials = new Map<Lane, Partial>();
  #fault: string | undefined;

  /** `onFrame`: its payload is valid only during the call; false ends the decoding. */
  constructor(
    onFrame: (kind: FrameKind, payload: Buffer) => boolean,
    bytesMaxOf: DecoderLimits = (kind) => KINDS[kind].bytesMax,
  ) {
    this.#onFrame = onFrame;
    this.#bytesMaxOf = bytesMaxOf;
  }

  /** What is wrong with the stream, once something is: nothing that follows makes sense. */
  push(chunk: Buffer): string | undefined {
    let at = 0;
    while (this.#fault === undefined && at < chunk.length) {
      at = this.#pieceLength > 0 ? this.#complete(chunk, at) : this.#take(chunk, at);
    }
    return this.#fault === STOPPED ? undefined : this.#fault;
  }

  /** Gives back the room for pieces that came in parts, when there is none. */
  rest(): void {
    if (this.#pieceLength === 0) this.#piece = NOTHING;
  }

  /** Takes the piece that starts at `at`, or keeps its beginning. */
  #take(chunk: Buffer, at: number): number {
    if (chunk.length - at < HEAD_BYTES) return this.#keep(chunk, at, chunk.length, HEAD_BYTES);
    const end = at + this.#sizeOf(chunk, at);
    if (this.#fault !== undefined) return chunk.length;
    if (end > chunk.length) return this.#keep(chunk, at, chunk.length, end - at);
    this.#onPiece(chunk, at, end);
    return end;
  }

  /** Adds to the kept beginning what belongs to it, first its head. */
  #complete(chunk: Buffer, at: number): number {
    const hadHead = this.#pieceLength >= HEAD_BYTES;
    const size = hadHead ? this.#sizeOf(this.#piece, 0) : HEAD_BYTES;
    if (this.#fault !== undefined) return chunk.length;
    const next = this.#keep(chunk, at, Math.min(chunk.length, at + size - this.#pieceLength), size);
    if (!hadHead || this.#pieceLength < size) return next;
    this.#pieceLength = 0;
    this.#onPiece(this.#piece, 0, size);
    return next;
  }

  #keep(chunk: Buffer, at: number, end: number, size: number): number {
    if (size > this.#piece.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.#piece.length));
      this.#piece.copy(larger, 0, 0, this.#pieceLength);
      this.#piece = larger;
    }
    this.#pieceLength += chunk.copy(this.#piece, this.#pieceLength, at, end);
    return end;
  }

  #sizeOf(bytes: Buffer, at: number): number {
    const length = bytes.readUIntBE(at + 1, 3);
    const code = bytes[at] ?? 0;
    if (length > PIECE_BYTES_MAX) this.#fault = `a piece of ${length} bytes, more than ${PIECE_BYTES_MAX}`;
    else if (KIND_BY_CODE[code & ~MORE] === undefined) this.#fault = `unknown kind ${code & ~MORE}`;
    else if (length === 0 && (code & MORE) !== 0) this.#fault = "an empty piece that is not the last one";
    return length + PIECE_OVERHEAD_BYTES;
  }

  #onPiece(bytes: Buffer, at: number, end: number): void {
    const code = bytes[at] ?? 0;
    const kind = KIND_BY_CODE[code & ~MORE];
    const bodyEnd = end - CHECKSUM_BYTES;
    if (kind === undefined) return;
    if (Bun.hash.crc32(bytes.subarray(at, bodyEnd)) !== bytes.readUInt32BE(bodyEnd)) {
      this.#fault = "wrong checksum";
      return;
    }
    const part = bytes.subarray(at + HEAD_BYTES, bodyEnd);
    const partial = this.#partials.get(KINDS[kind].lane);
    const length = (partial?.length ?? 0) + part.length;
    if (partial !== undefined && partial.kind !== kind) this.#fault = `${kind} within ${partial.kind}`;
    else if (length > this.#bytesMaxOf(kind)) this.#fault = `more than ${this.#bytesMaxOf(kind)} bytes of ${kind}`;
    else if (partial === undefined && (code & MORE) === 0) this.#onWhole(kind, part);
    else this.#assemble(kind, partial, part, (code & MORE) === 0);
  }

  #assemble(kind: FrameKind, partial: Partial | undefined, part: Buffer, isLast: boolean): void {
    const bytesMax = this.#bytesMaxOf(kind);
    partial ??= { kind, bytes: Buffer.allocUnsafe(Math.min(bytesMax, 2 * part.length)), length: 0 };
    const length = partial.length + part.length;
    if (length > partial.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(bytesMax, Math.max(length, 2 * partial.bytes.length)));
      partial.bytes.copy(larger, 0, 0, partial.length);
      partial.bytes = larger;
    }
    part.copy(partial.bytes, partial.length);
    partial.length = length;
    const { lane } = KINDS[kind];
    if (!isLast) this.#partials.set(lane, partial);
    else {
      this.#partials.delete(lane);
      this.#onWhole(kind, partial.bytes.subarray(0, length));
    }
  }

  #onWhole(kind: FrameKind, payload: Buffer): void {
    if (!this.#onFrame(kind, payload)) this.#fault = STOPPED;
  }
}

/** The receiver wants no more; not a fault of the stream. */
const STOPPED = "stopped";
