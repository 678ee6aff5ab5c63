import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeFileSync } from "node:fs";

const READ_BYTES = 1024 * 1024;

/** Makes the content of a file, or the names in a directory, survive a power cut. */
export function fsyncPath(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a new file that only its owner can read, and fsyncs it. */
export function writeDurably(path: string, data: string | Uint8Array): void {
  writeFileSync(path, data, { mode: 0o600, flush: true });
}

/** SHA-256 of a file in hex, read in pieces. */
export function sha256OfFile(path: string): string {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(READ_BYTES);
  const fd = openSync(path, "r");
  try {
    for (;;) {
      const length = readSync(fd, buffer, 0, READ_BYTES, null);
      if (length === 0) return hasher.digest("hex");
      hasher.update(buffer.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}

/** Bytes of a file from `offset` on; fewer than `bytesMax` at its end. */
export function readPart(path: string, offset: number, bytesMax: number): Uint8Array {
  const fd = openSync(path, "r");
  try {
    const part = new Uint8Array(Math.max(0, Math.min(bytesMax, fstatSync(fd).size - offset)));
    let length = 0;
    while (length < part.length) {
      const read = readSync(fd, part, length, part.length - length, offset + length);
      if (read === 0) break;
      length += read;
    }
    return part.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
