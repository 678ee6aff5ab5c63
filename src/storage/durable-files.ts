import { closeSync, fsyncSync, openSync, readSync, writeFileSync } from "node:fs";

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
