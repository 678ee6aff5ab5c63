/** MD5 (RFC 1321) as a name for files, where Consul's data directory uses it; never for security. */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

/** The digest of the text's UTF-8 bytes, 32 lower-case hex digits. */
export function md5Hex(text: string): string {
  const words = paddedWords(new TextEncoder().encode(text));
  const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let at = 0; at < words.length; at += 16) mixBlock(state, words.subarray(at, at + 16));
  const out = new DataView(new ArrayBuffer(16));
  for (const [at, word] of state.entries()) out.setInt32(at * 4, word, true);
  return new Uint8Array(out.buffer).toHex();
}

function paddedWords(bytes: Uint8Array): Int32Array {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (bytes.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  return Int32Array.from({ length: padded.length / 4 }, (_, i) => view.getInt32(i * 4, true));
}

function mixBlock(state: number[], block: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const [mixed, word] = roundOf(round, i, b, c, d);
    const sum = (a + mixed + (SINES[i] as number) + (block[word] as number)) | 0;
    const shift = SHIFTS[round * 4 + (i & 3)] as number;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  for (const [at, value] of [a, b, c, d].entries()) state[at] = ((state[at] as number) + value) | 0;
}

function roundOf(round: number, i: number, b: number, c: number, d: number): [number, number] {
  if (round === 0) return [(b & c) | (~b & d), i];
  if (round === 1) return [(d & b) | (~d & c), (5 * i + 1) & 15];
  if (round === 2) return [b ^ c ^ d, (3 * i + 5) & 15];
  return [c ^ (b | ~d), (7 * i) & 15];
}
