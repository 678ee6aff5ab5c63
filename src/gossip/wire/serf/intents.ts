import { FieldNames, type MsgpackReader } from "../../../codec/msgpack/reader.ts";
import { fieldName, type MsgpackWriter } from "../../../codec/msgpack/writer.ts";
import type { JoinIntent, LeaveIntent, UserEventMessage } from "../../messages.ts";
import { FIELD, NO_BYTES, writeBytes, writeText, writeUint } from "../fields.ts";

const INTENT = new FieldNames("LTime", "Node", "Prune");
const USER_EVENT = new FieldNames("CC", "LTime", "Name", "Payload");
const PRUNE = fieldName("Prune");
const CC = fieldName("CC");

export function writeJoin(writer: MsgpackWriter, { ltime, node }: JoinIntent): void {
  writer.map(2);
  writeUint(writer, FIELD.LTime, ltime);
  writeText(writer, FIELD.Node, node);
}

export function writeLeave(writer: MsgpackWriter, { ltime, node, prune }: LeaveIntent): void {
  writer.map(3);
  writeUint(writer, FIELD.LTime, ltime);
  writeText(writer, FIELD.Node, node);
  writer.bytes(PRUNE);
  writer.bool(prune);
}

export function readJoin(reader: MsgpackReader): JoinIntent {
  const { ltime, node } = readLeave(reader);
  return { type: "join", ltime, node };
}

export function readLeave(reader: MsgpackReader): LeaveIntent {
  let ltime = 0;
  let node = "";
  let prune = false;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(INTENT, i);
    if (field === "LTime") ltime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "Node") node = reader.text();
    else if (field === "Prune") prune = reader.bool();
    else reader.skip();
  }
  return { type: "leave", ltime, node, prune };
}

export function writeUserEvent(writer: MsgpackWriter, { coalesce, ltime, name, payload }: UserEventMessage): void {
  writer.map(4);
  writer.bytes(CC);
  writer.bool(coalesce);
  writeUint(writer, FIELD.LTime, ltime);
  writeText(writer, FIELD.Name, name);
  writer.bytes(FIELD.Payload);
  writeBytes(writer, payload);
}

export function readUserEvent(reader: MsgpackReader): UserEventMessage {
  let coalesce = false;
  let ltime = 0;
  let name = "";
  let payload: Uint8Array = NO_BYTES;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(USER_EVENT, i);
    if (field === "CC") coalesce = reader.bool();
    else if (field === "LTime") ltime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "Name") name = reader.text();
    else if (field === "Payload") payload = reader.raw();
    else reader.skip();
  }
  return { type: "userEvent", ltime, name, payload, coalesce };
}
