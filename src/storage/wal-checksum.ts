/** The running checksum of SQLite's WAL (https://sqlite.org/fileformat2.html, 4.2): two sums modulo 2^32. */
export interface WalSum {
  s0: number;
  s1: number;
}

/** Continues `sum` over `bytes`, whose length is a multiple of 8. */
export function walSum(sum: WalSum, bytes: DataView, littleEndian: boolean): WalSum {
  let { s0, s1 } = sum;
  for (let at = 0; at < bytes.byteLength; at += 8) {
    s0 = (s0 + bytes.getUint32(at, littleEndian) + s1) >>> 0;
    s1 = (s1 + bytes.getUint32(at + 4, littleEndian) + s0) >>> 0;
  }
  return { s0, s1 };
}

export function sameSum(a: WalSum, b: WalSum): boolean {
  return a.s0 === b.s0 && a.s1 === b.s1;
}

/**
 * Whether turning one single bit of `bytes`, or of the `stored` sum itself, makes both agree. A write that a power cut
 * tore never looks like that; a medium that lost a bit does. The sums are linear: adding d to the word at some place
 * adds d times that place's weight to the result, so each bit costs a multiplication and not a pass over the bytes.
 */
export function isOneBitOff(bytes: DataView, littleEndian: boolean, computed: WalSum, stored: WalSum): boolean {
  if (bitsSet(computed.s0 ^ stored.s0) + bitsSet(computed.s1 ^ stored.s1) === 1) return true;
  const off0 = (stored.s0 - computed.s0) | 0;
  const off1 = (stored.s1 - computed.s1) | 0;
  // Weights of the first and the second word of a pair on (s0, s1), from the last pair to the first.
  let first: [number, number] = [1, 1];
  let second: [number, number] = [0, 1];
  for (let at = bytes.byteLength - 8; at >= 0; at -= 8) {
    if (bitExplains(bytes.getUint32(at, littleEndian), first, off0, off1)) return true;
    if (bitExplains(bytes.getUint32(at + 4, littleEndian), second, off0, off1)) return true;
    first = onePairEarlier(first);
    second = onePairEarlier(second);
  }
  return false;
}

function bitExplains(word: number, [weight0, weight1]: [number, number], off0: number, off1: number): boolean {
  for (let bit = 0; bit < 32; bit++) {
    const change = (word >>> bit) & 1 ? -(1 << bit) : 1 << bit;
    if (Math.imul(weight0, change) === off0 && Math.imul(weight1, change) === off1) return true;
  }
  return false;
}

function onePairEarlier([weight0, weight1]: [number, number]): [number, number] {
  return [(weight0 + weight1) | 0, (weight0 + 2 * weight1) | 0];
}

function bitsSet(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
