import { CutOff, WireError } from "../../codec/wire-error.ts";

/** Headers, nodes and all small messages; none of a correct peer comes near it. */
const ITEM_BYTES_MAX = 4 * 1024;

/**
 * Reads something that may still be cut off in a stream, of which `bytes` are there. It is read anew with each piece that
 * comes, so it must not be long: whoever sends byte by byte would make that cost the square of the length.
 */
export function within<T>(bytes: number, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CutOff) || bytes <= ITEM_BYTES_MAX) throw error;
    throw new WireError(`${what} has more than ${ITEM_BYTES_MAX} bytes`);
  }
}
