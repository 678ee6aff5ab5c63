import { isOneBitOff, sameSum, type WalSum, walSum } from "./wal-checksum.ts";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

/** Random access to a WAL file. */
export interface WalBytes {
  size: number;
  /** The bytes at `offset`, inside the file. */
  read(offset: number, length: number): DataView;
}

/**
 * What is in a WAL that SQLite is going to recover:
 * - `sound`: every frame of this generation is intact; `commits` transactions.
 * - `torn`: behind the last intact commit (`offset`) lies what one unfinished transaction left. Nobody was told that it
 *   succeeded, because the answer waits for its fsync; SQLite drops it.
 * - `damaged`: a frame is broken that was fsynced once. SQLite would silently drop it and all transactions after it.
 */
export type WalScan =
  | { kind: "sound"; commits: number }
  | { kind: "torn"; commits: number; offset: number }
  | { kind: "damaged"; offset: number; what: string };

interface Wal {
  bytes: WalBytes;
  littleEndian: boolean;
  salt1: number;
  salt2: number;
  frameBytes: number;
  frames: number;
}

interface Frame {
  isCommit: boolean;
  isOfGeneration: boolean;
  stored: WalSum;
  /** What the sums run over: the first 8 bytes of the frame's header, then its page. */
  head: DataView;
  page: DataView;
}

/**
 * Scans a WAL written with `synchronous=FULL` and pages of `pageBytes`. Every transaction is fsynced before the next
 * one writes its first frame, so a power cut tears the last one only.
 */
export function scanWal(bytes: WalBytes, pageBytes: number): WalScan {
  if (bytes.size < HEADER_BYTES + FRAME_HEADER_BYTES + pageBytes) return { kind: "sound", commits: 0 };
  const header = bytes.read(0, HEADER_BYTES);
  const littleEndian = header.getUint32(0) !== MAGIC_BIG_ENDIAN;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frames = Math.floor((bytes.size - HEADER_BYTES) / frameBytes);
  const wal = { bytes, littleEndian, salt1: header.getUint32(16), salt2: header.getUint32(20), frameBytes, frames };
  const summed = new DataView(header.buffer, header.byteOffset, 24);
  const stored = { s0: header.getUint32(24), s1: header.getUint32(28) };
  const sum = walSum({ s0: 0, s1: 0 }, summed, littleEndian);
  const magic = header.getUint32(0);
  if (![MAGIC_LITTLE_ENDIAN, MAGIC_BIG_ENDIAN].includes(magic) || !sameSum(sum, stored)) {
    return scanWithoutHeader(wal, isOneBitOff(summed, littleEndian, sum, stored));
  }
  if (header.getUint32(8) !== pageBytes) return { kind: "damaged", offset: 8, what: "another page size" };
  return scanFrames(wal, sum);
}

function scanFrames(wal: Wal, headerSum: WalSum): WalScan {
  let sum = headerSum;
  let commits = 0;
  let committedFrames = 0;
  for (let at = 0; at < wal.frames; at++) {
    const frame = readFrame(wal, at);
    const next = frameSum(wal, sum, frame);
    const isIntact = sameSum(next, frame.stored);
    if (!isIntact || !frame.isOfGeneration) {
      const what = isIntact ? "a frame with foreign salts" : whyDamaged(wal, at, frame, next);
      if (what !== undefined) return { kind: "damaged", offset: offsetOf(wal, at), what };
      if (!frame.isOfGeneration && committedFrames === at && !hasGenerationAfter(wal, at)) break;
      return { kind: "torn", commits, offset: offsetOf(wal, committedFrames) };
    }
    sum = next;
    if (frame.isCommit) {
      commits++;
      committedFrames = at + 1;
    }
    if (at === wal.frames - 1 && !frame.isCommit) {
      return { kind: "torn", commits, offset: offsetOf(wal, committedFrames) };
    }
  }
  return { kind: "sound", commits };
}

/** Why the broken frame `at` was whole once, or undefined when a torn write explains it. */
function whyDamaged(wal: Wal, at: number, frame: Frame, computed: WalSum): string | undefined {
  if (frame.isOfGeneration) {
    const summed = new Uint8Array(8 + frame.page.byteLength);
    summed.set(bytesOf(frame.head));
    summed.set(bytesOf(frame.page), 8);
    if (isOneBitOff(new DataView(summed.buffer), wal.littleEndian, computed, frame.stored)) return "a flipped bit";
  }
  const isFollowed = intactFollows(wal, at, frame.isOfGeneration && frame.isCommit);
  return isFollowed ? "a broken frame with committed transactions after it" : undefined;
}

/**
 * Whether an intact frame follows behind a commit: then the transaction of frame `at` had ended and was fsynced. Each
 * frame's sum starts from the stored one of the frame before, so later frames can be checked without the broken one.
 */
function intactFollows(wal: Wal, at: number, isCommit: boolean): boolean {
  let commitSeen = isCommit;
  let previous = readFrame(wal, at).stored;
  for (let later = at + 1; later < wal.frames; later++) {
    const frame = readFrame(wal, later);
    const isIntact = frame.isOfGeneration && sameSum(frameSum(wal, previous, frame), frame.stored);
    if (isIntact && commitSeen) return true;
    if (isIntact && frame.isCommit) commitSeen = true;
    previous = frame.stored;
  }
  return false;
}

function hasGenerationAfter(wal: Wal, at: number): boolean {
  for (let later = at + 1; later < wal.frames; later++) if (readFrame(wal, later).isOfGeneration) return true;
  return false;
}

/** The header is one sector and is fsynced with the first transaction, so it is torn only when nothing else is there. */
function scanWithoutHeader(wal: Wal, isBitFlip: boolean): WalScan {
  if (isBitFlip) return { kind: "damaged", offset: 0, what: "a flipped bit in its header" };
  const { salt1, salt2 } = saltsOf(wal, 0);
  const generation = { ...wal, salt1, salt2 };
  const isFollowed = intactFollows(generation, 0, readFrame(generation, 0).isCommit);
  if (isFollowed) return { kind: "damaged", offset: 0, what: "a broken header with committed transactions after it" };
  return { kind: "torn", commits: 0, offset: 0 };
}

function readFrame(wal: Wal, at: number): Frame {
  const raw = wal.bytes.read(offsetOf(wal, at), wal.frameBytes);
  const { salt1, salt2 } = wal;
  return {
    isCommit: raw.getUint32(4) !== 0,
    isOfGeneration: raw.getUint32(8) === salt1 && raw.getUint32(12) === salt2,
    stored: { s0: raw.getUint32(16), s1: raw.getUint32(20) },
    head: new DataView(raw.buffer, raw.byteOffset, 8),
    page: new DataView(raw.buffer, raw.byteOffset + FRAME_HEADER_BYTES, wal.frameBytes - FRAME_HEADER_BYTES),
  };
}

function frameSum(wal: Wal, before: WalSum, frame: Frame): WalSum {
  return walSum(walSum(before, frame.head, wal.littleEndian), frame.page, wal.littleEndian);
}

function saltsOf(wal: Wal, at: number): { salt1: number; salt2: number } {
  const raw = wal.bytes.read(offsetOf(wal, at), FRAME_HEADER_BYTES);
  return { salt1: raw.getUint32(8), salt2: raw.getUint32(12) };
}

function offsetOf(wal: Wal, frame: number): number {
  return HEADER_BYTES + frame * wal.frameBytes;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
