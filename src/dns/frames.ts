/** Splits a TCP stream into DNS messages: two bytes of length, then the message (RFC 1035 4.2.2). */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that `bytes` completes. Keeps at most one incomplete message of 64 KiB. */
  push(bytes: Buffer): Buffer[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Buffer[] = [];
    let at = 0;
    while (all.length - at >= 2) {
      const end = at + 2 + all.readUInt16BE(at);
      if (end > all.length) break;
      frames.push(all.subarray(at + 2, end));
      at = end;
    }
    this.#rest = at === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(at));
    return frames;
  }
}

/** `message` with its length in front, in memory of its own. Messages are at most 65,535 bytes. */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length);
  frame[0] = message.length >> 8;
  frame[1] = message.length;
  frame.set(message, 2);
  return frame;
}
