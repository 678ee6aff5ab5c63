export const TAR_BLOCK_BYTES = 512;
const USTAR = "ustar\u000000";
const TYPE_FILE = 0x30;

export interface TarMember {
  name: string;
  data: Uint8Array;
}

/** A POSIX ustar archive of plain files, mode 0600, owned by root. Names are at most 100 bytes. */
export function writeTar(members: readonly TarMember[], modifiedS: number): Uint8Array<ArrayBuffer> {
  const sizes = members.map(({ data }) => TAR_BLOCK_BYTES + roundUp(data.length));
  const tar = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0) + 2 * TAR_BLOCK_BYTES);
  let at = 0;
  for (const { name, data } of members) {
    writeHeader(tar.subarray(at, at + TAR_BLOCK_BYTES), name, data.length, modifiedS);
    tar.set(data, at + TAR_BLOCK_BYTES);
    at += TAR_BLOCK_BYTES + roundUp(data.length);
  }
  return tar;
}

/**
 * The plain files of a ustar archive, as views of `tar`. Throws an Error when it is cut or not a tar, holds anything but
 * plain files, or more than `membersMax` of them.
 */
export function readTar(tar: Uint8Array, membersMax: number): TarMember[] {
  const members: TarMember[] = [];
  for (let at = 0; at + TAR_BLOCK_BYTES <= tar.length; ) {
    const header = tar.subarray(at, at + TAR_BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return members;
    if (readOctal(header, 148, 8) !== headerSum(header)) throw new Error("invalid tar header");
    const type = header[156];
    if (type !== TYPE_FILE && type !== 0) throw new Error("unexpected kind of file in tar");
    if (members.length >= membersMax) throw new Error(`more than ${membersMax} files in tar`);
    const size = readOctal(header, 124, 12);
    const start = at + TAR_BLOCK_BYTES;
    if (start + size > tar.length) throw new Error("unexpected EOF");
    members.push({ name: readText(header.subarray(0, 100)), data: tar.subarray(start, start + size) });
    at = start + roundUp(size);
  }
  throw new Error("unexpected EOF");
}

/** Name and size of the plain file whose header this block is; undefined for the block of zeros at the end. */
export function readTarHeader(header: Uint8Array): { name: string; size: number } | "invalid" | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  try {
    if (readOctal(header, 148, 8) !== headerSum(header)) return "invalid";
    if (header[156] !== TYPE_FILE && header[156] !== 0) return "invalid";
    return { name: readText(header.subarray(0, 100)), size: readOctal(header, 124, 12) };
  } catch {
    return "invalid";
  }
}

/** The header of a plain file in a ustar archive. */
export function tarHeader(name: string, size: number, modifiedS: number): Uint8Array {
  const header = new Uint8Array(TAR_BLOCK_BYTES);
  writeHeader(header, name, size, modifiedS);
  return header;
}

function writeHeader(header: Uint8Array, name: string, size: number, modifiedS: number): void {
  const put = (offset: number, text: string) => new TextEncoder().encodeInto(text, header.subarray(offset));
  const octal = (value: number, digits: number) => Math.floor(value).toString(8).padStart(digits, "0");
  put(0, name);
  put(100, "0000600\u00000000000\u00000000000\u0000");
  put(124, `${octal(size, 11)}\u0000${octal(modifiedS, 11)}\u0000`);
  put(156, "0");
  put(257, USTAR);
  put(148, `${octal(headerSum(header), 6)}\u0000 `);
}

/** Sum of the header's bytes, its own field counted as spaces. */
function headerSum(header: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
}

function readOctal(header: Uint8Array, offset: number, length: number): number {
  const text = readText(header.subarray(offset, offset + length)).trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw new Error("invalid tar header");
  return Number.parseInt(text, 8);
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function roundUp(size: number): number {
  return Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
}
