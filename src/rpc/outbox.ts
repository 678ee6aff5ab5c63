import { ByteWriter } from "./bytes.ts";
import { type FrameKind, KINDS, LANES, type Lane, PIECE_BYTES_MAX, PIECE_OVERHEAD_BYTES, writePiece } from "./frame.ts";
import { BulkWindow } from "./window.ts";

const MIB = 1024 * 1024;
/** Pieces are handed to the connection in writes of about this many bytes. */
const WRITE_BYTES = 64 * 1024;

/** What may wait in each lane. One frame alone may exceed the bytes. */
export interface LaneLimits {
  framesMax: number;
  bytesMax: number;
}

export const LANE_LIMITS: Readonly<Record<Lane, LaneLimits>> = {
  control: { framesMax: 2048, bytesMax: 2 * MIB },
  append: { framesMax: 256, bytesMax: 32 * MIB },
  call: { framesMax: 1024, bytesMax: 64 * MIB },
  chunk: { framesMax: 8, bytesMax: 4 * MIB },
};

/** A frame that waits, or waited. */
export interface Queued {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
  /** Bytes that were handed to the connection. */
  sent: number;
  /** All of it was, so the other end may get it. */
  isSent: boolean;
}

interface LaneQueue {
  readonly name: Lane;
  readonly limits: LaneLimits;
  readonly frames: Queued[];
  bytes: number;
}

interface Piece {
  kind: FrameKind;
  part: Uint8Array;
  hasMore: boolean;
}

export interface OutboxOptions {
  /** False when the connection's queue is full; `drained` tells that it is empty again. */
  write(bytes: Buffer): boolean;
  monotonicMs(): number;
  limits?: Readonly<Record<Lane, LaneLimits>>;
  /** Something that waited was handed to the connection. */
  onSent?: (() => void) | undefined;
}

/**
 * Frames on their way into one connection: the most urgent lane first, all of one turn in one write. Only what the
 * connection takes leaves the lanes, and of bulk only what the window admits, so that little is ever ahead of a control
 * frame; and of snapshots one chunk, until it has arrived.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes: readonly LaneQueue[];
  readonly #window = new BulkWindow();
  /** Where in the bulk the last chunk ended. */
  #chunkEnd = 0;
  #isWritable = true;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const limits = options.limits ?? LANE_LIMITS;
    this.#lanes = LANES.map((name) => ({ name, limits: limits[name], frames: [], bytes: 0 }));
  }

  /** Undefined when the lane is full. The payload belongs to the outbox from here on. */
  offer(kind: FrameKind, payload: Uint8Array): Queued | undefined {
    const lane = this.#laneOf(kind);
    const { framesMax, bytesMax } = lane.limits;
    const isOver = lane.frames.length > 0 && lane.bytes + payload.length > bytesMax;
    if (this.#isClosed || isOver || lane.frames.length >= framesMax || payload.length > KINDS[kind].bytesMax) {
      return undefined;
    }
    const queued: Queued = { kind, payload, sent: 0, isSent: false };
    lane.frames.push(queued);
    lane.bytes += payload.length;
    this.#schedule();
    return queued;
  }

  /** Bytes that wait in all lanes. */
  get waitingBytes(): number {
    return this.#lanes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Takes a frame back of which nothing was sent; false when it is too late. */
  withdraw(queued: Queued): boolean {
    const lane = this.#laneOf(queued.kind);
    const at = queued.sent > 0 || queued.isSent ? -1 : lane.frames.indexOf(queued);
    if (at < 0) return false;
    lane.frames.splice(at, 1);
    lane.bytes -= queued.payload.length;
    return true;
  }

  /** Asks the other end for a sign of life. */
  ping(): void {
    const id = this.#window.mark(this.#options.monotonicMs());
    if (id !== undefined && this.offer("ping", numberPayload(id)) === undefined) this.#window.unmark();
  }

  /** False for a pong that answers nothing. */
  ponged(id: number): boolean {
    const isKnown = this.#window.acknowledge(id, this.#options.monotonicMs());
    this.#schedule();
    return isKnown;
  }

  drained(): void {
    this.#isWritable = true;
    this.#schedule();
  }

  /** Sends at once what may go, and forgets the rest. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
    for (const lane of this.#lanes) lane.frames.length = 0;
  }

  /** All that became ready before this turn of the loop has run out goes in one write. */
  #schedule(): void {
    if (this.#isScheduled || !this.#isWritable) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#isWritable && !this.#isClosed) {
      const pieces = this.#gather();
      if (pieces.length === 0) return;
      this.#isWritable = this.#options.write(joined(pieces));
      this.#options.onSent?.();
    }
  }

  /** The next pieces, in the order in which they go. */
  #gather(): Piece[] {
    const pieces: Piece[] = [];
    let bytes = 0;
    while (bytes < WRITE_BYTES) {
      const lane = this.#lanes.find((each) => this.#mayGo(each));
      if (lane === undefined) break;
      const piece = this.#cut(lane);
      pieces.push(piece);
      bytes += piece.part.length + PIECE_OVERHEAD_BYTES;
      if (lane.name === "control") continue;
      this.#window.add(piece.part.length);
      const endsChunk = lane.name === "chunk" && !piece.hasMore;
      if (endsChunk) this.#chunkEnd = this.#window.sent;
      if (endsChunk || this.#window.wantsMark) this.#mark(pieces);
    }
    if (this.#lanes.some((lane) => this.#waitsForMark(lane))) this.#mark(pieces);
    return pieces;
  }

  /** Whether a frame waits for bytes to arrive of which no mark will tell. */
  #waitsForMark(lane: LaneQueue): boolean {
    if (lane.frames.length === 0 || this.#mayGo(lane)) return false;
    return this.#window.marked < (this.#waitsForChunk(lane) ? this.#chunkEnd : this.#window.sent);
  }

  #waitsForChunk({ name, frames }: LaneQueue): boolean {
    return name === "chunk" && frames[0]?.sent === 0 && this.#window.acknowledged < this.#chunkEnd;
  }

  #mayGo(lane: LaneQueue): boolean {
    const head = lane.frames[0];
    if (head === undefined) return false;
    if (lane.name === "control") return true;
    if (this.#waitsForChunk(lane)) return false;
    return this.#window.admits(Math.min(head.payload.length - head.sent, PIECE_BYTES_MAX));
  }

  #cut(lane: LaneQueue): Piece {
    const head = lane.frames[0] as Queued;
    const { kind, payload, sent } = head;
    head.sent = Math.min(payload.length, sent + PIECE_BYTES_MAX);
    const hasMore = head.sent < payload.length;
    if (!hasMore) {
      head.isSent = true;
      lane.frames.shift();
      lane.bytes -= payload.length;
    }
    return { kind, part: payload.subarray(sent, head.sent), hasMore };
  }

  #mark(pieces: Piece[]): void {
    const id = this.#window.mark(this.#options.monotonicMs());
    if (id !== undefined) pieces.push({ kind: "ping", part: numberPayload(id), hasMore: false });
  }

  #laneOf(kind: FrameKind): LaneQueue {
    return this.#lanes[LANES.indexOf(KINDS[kind].lane)] as LaneQueue;
  }
}

/** A frame that says one number. */
export function numberPayload(value: number): Buffer {
  const out = new ByteWriter(8);
  out.varint(value);
  return out.take();
}

function joined(pieces: readonly Piece[]): Buffer {
  const out = Buffer.allocUnsafe(pieces.reduce((sum, { part }) => sum + part.length + PIECE_OVERHEAD_BYTES, 0));
  let at = 0;
  for (const { kind, part, hasMore } of pieces) at = writePiece(out, at, kind, part, hasMore);
  return out;
}
