const KIB = 1024;
const WINDOW_BYTES_MIN = 64 * KIB;
const WINDOW_BYTES_MAX = 4 * 1024 * KIB;
const WINDOW_BYTES_START = 128 * KIB;
/** An acknowledgement that comes this much later than the soonest one waited behind what the window let out. */
const LATE_MS = 60;
const SOON_MS = 25;
const MARKS_MAX = 64;

interface Mark {
  id: number;
  /** Bulk bytes that were sent before it. */
  sent: number;
  sentMs: number;
}

/**
 * How many bytes of bulk may be under way to the other end. What the kernel has taken can't be overtaken, and its buffers
 * hold megabytes: so that a heartbeat never waits long behind them, no more is handed out than the line carries in about
 * a tenth of a second. A ping marks a place in the stream; its pong acknowledges all before it, and its delay says
 * whether the window is too large.
 */
export class BulkWindow {
  #bytesMax = WINDOW_BYTES_START;
  #sent = 0;
  #acknowledged = 0;
  #soonestMs = Number.POSITIVE_INFINITY;
  /** The window held something back since it was last looked at. */
  #wasShort = false;
  /** What was sent when that was: marks before it tell of the window as it was. */
  #adaptedAt = 0;
  #nextId = 1;
  readonly #marks: Mark[] = [];

  /** Bulk bytes sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Of those, how many have surely arrived. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** Whether so many bytes may go now. Something always may when nothing is under way. */
  admits(bytes: number): boolean {
    const underWay = this.#sent - this.#acknowledged;
    const isAdmitted = underWay === 0 || underWay + bytes <= this.#bytesMax;
    if (!isAdmitted) this.#wasShort = true;
    return isAdmitted;
  }

  add(bytes: number): void {
    this.#sent += bytes;
  }

  /** A part of the window went out since the last mark. */
  get wantsMark(): boolean {
    return this.#sent - this.marked >= this.#bytesMax / 4;
  }

  /** How many of the bytes are before a mark. */
  get marked(): number {
    return this.#marks.at(-1)?.sent ?? this.#acknowledged;
  }

  /** The id of a ping to send now; undefined when too many were not answered. */
  mark(nowMs: number): number | undefined {
    if (this.#marks.length >= MARKS_MAX) return undefined;
    const id = this.#nextId++;
    this.#marks.push({ id, sent: this.#sent, sentMs: nowMs });
    return id;
  }

  /** The ping of the last mark could not be sent. */
  unmark(): void {
    this.#marks.pop();
  }

  /** A pong came. False when it answers no ping. Pongs come in the order of the pings, though some may be missing. */
  acknowledge(id: number, nowMs: number): boolean {
    const at = this.#marks.findIndex((each) => each.id === id);
    const mark = this.#marks[at];
    if (mark === undefined) return false;
    this.#marks.splice(0, at + 1);
    this.#acknowledged = mark.sent;
    this.#soonestMs = Math.min(this.#soonestMs, nowMs - mark.sentMs);
    if (mark.sent > this.#adaptedAt) this.#adapt(nowMs - mark.sentMs);
    return true;
  }

  #adapt(delayMs: number): void {
    const waitedMs = delayMs - this.#soonestMs;
    if (waitedMs > LATE_MS) this.#bytesMax = Math.max(WINDOW_BYTES_MIN, this.#bytesMax / 2);
    else if (waitedMs < SOON_MS && this.#wasShort) this.#bytesMax = Math.min(WINDOW_BYTES_MAX, this.#bytesMax * 2);
    this.#wasShort = false;
    this.#adaptedAt = this.#sent;
  }
}
