import { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { WireError } from "../../codec/wire-error.ts";
import type { SerfMessage } from "../messages.ts";
import { readJoin, readLeave, readUserEvent, writeJoin, writeLeave, writeUserEvent } from "./serf/intents.ts";
import {
  readConflictResponse,
  readKeyRequest,
  readKeyResponse,
  writeConflictResponse,
  writeKeyRequest,
  writeKeyResponse,
} from "./serf/internal.ts";
import { readQuery, readQueryResponse, readRelay, writeQuery, writeQueryResponse, writeRelay } from "./serf/query.ts";
import { readState, writeState } from "./serf/state.ts";
import { SERF_TYPE } from "./types.ts";

/** All messages are written here, one after the other. */
const writer = new MsgpackWriter(1024);

/** A state of ten thousand members needs a megabyte; the room that it took is not kept. */
const STATE_ROOM_BYTES = 64 * 1024;

/** The message with its type byte. Fields are in the order of their names, as Go's peers write them. */
export function encodeSerf(message: SerfMessage): Uint8Array {
  if (message.type === "pushPull") {
    const own = new MsgpackWriter(STATE_ROOM_BYTES);
    own.byte(SERF_TYPE.pushPull);
    writeState(own, message);
    return own.view();
  }
  writer.clear();
  writer.byte(SERF_TYPE[message.type]);
  write(message);
  return writer.take();
}

function write(message: Exclude<SerfMessage, { type: "pushPull" }>): void {
  switch (message.type) {
    case "leave":
      writeLeave(writer, message);
      break;
    case "join":
      writeJoin(writer, message);
      break;
    case "userEvent":
      writeUserEvent(writer, message);
      break;
    case "query":
      writeQuery(writer, message);
      break;
    case "queryResponse":
      writeQueryResponse(writer, message);
      break;
    case "conflictResponse":
      writeConflictResponse(writer, message);
      break;
    case "keyRequest":
      writeKeyRequest(writer, message);
      break;
    case "keyResponse":
      writeKeyResponse(writer, message);
      break;
    case "relay":
      writeRelay(writer, message);
  }
}

/** What all but states may have. Packets and the limits of Serf allow for less. */
const MESSAGE_BYTES_MAX = 128 * 1024;

/** One message with its type byte. The result owns its bytes. Throws WireError. */
export function decodeSerf(bytes: Uint8Array): SerfMessage {
  if (bytes.length > MESSAGE_BYTES_MAX && bytes[0] !== SERF_TYPE.pushPull) {
    throw new WireError(`a message of Serf has ${bytes.length} bytes, more than ${MESSAGE_BYTES_MAX}`);
  }
  const reader = new MsgpackReader(bytes, 1);
  switch (bytes[0]) {
    case SERF_TYPE.leave:
      return readLeave(reader);
    case SERF_TYPE.join:
      return readJoin(reader);
    case SERF_TYPE.pushPull:
      return readState(reader);
    case SERF_TYPE.userEvent:
      return readUserEvent(reader);
    case SERF_TYPE.query:
      return readQuery(reader);
    case SERF_TYPE.queryResponse:
      return readQueryResponse(reader);
    case SERF_TYPE.conflictResponse:
      return readConflictResponse(reader);
    case SERF_TYPE.keyRequest:
      return readKeyRequest(reader);
    case SERF_TYPE.keyResponse:
      return readKeyResponse(reader);
    case SERF_TYPE.relay:
      return readRelay(reader, bytes);
    case undefined:
      throw new WireError("the message of Serf is empty");
    default:
      throw new WireError(`message type ${bytes[0]} of Serf is not known here`);
  }
}
