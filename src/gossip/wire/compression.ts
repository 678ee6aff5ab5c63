import { FieldNames, type MsgpackReader } from "../../codec/msgpack/reader.ts";
import { WireError } from "../../codec/wire-error.ts";
import { U8_MAX } from "./types.ts";

const COMPRESSED = new FieldNames("Algo", "Buf");
const ALGORITHM_LZW = 0;

/**
 * The packed bytes of a compressed message, without its type byte; a view. It has these two fields and no others: in a stream
 * it is read anew with each piece that comes, and what others hold could take long to skip. Throws WireError.
 */
export function readPacked(reader: MsgpackReader): Uint8Array {
  let algorithm = ALGORITHM_LZW;
  let packed: Uint8Array | undefined;
  const pairs = reader.map();
  if (pairs > COMPRESSED.names.length) throw new WireError("a compressed message has fields that are not known");
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(COMPRESSED, i);
    if (field === undefined) throw new WireError("a compressed message has a field that is not known");
    if (field === "Algo") algorithm = reader.uint(U8_MAX);
    else packed = reader.rawView();
  }
  if (algorithm !== ALGORITHM_LZW) throw new WireError(`Cannot decompress unknown algorithm ${algorithm}`);
  if (packed === undefined) throw new WireError("a compressed message holds nothing");
  return packed;
}
