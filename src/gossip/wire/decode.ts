import { FieldNames, MsgpackReader } from "../../codec/msgpack/reader.ts";
import { WireError } from "../../codec/wire-error.ts";
import type { Ack, Alive, Dead, Endpoint, IndirectPing, Nack, PacketMessage, Ping, Suspect } from "../messages.ts";
import { NO_BYTES, readAddress, readVersions } from "./fields.ts";
import { TYPE, U16_MAX, U32_MAX } from "./types.ts";

const PING = new FieldNames("Node", "SeqNo", "SourceAddr", "SourceNode", "SourcePort");
const INDIRECT_PING = new FieldNames(
  "Nack",
  "Node",
  "Port",
  "SeqNo",
  "SourceAddr",
  "SourceNode",
  "SourcePort",
  "Target",
);
const ACK = new FieldNames("Payload", "SeqNo");
const ACCUSATION = new FieldNames("From", "Incarnation", "Node");
const ALIVE = new FieldNames("Addr", "Incarnation", "Meta", "Node", "Port", "Vsn");

/** One message with its type byte. The result owns its bytes. Throws WireError. */
export function decodeMessage(bytes: Uint8Array): PacketMessage {
  const type = bytes[0];
  switch (type) {
    case TYPE.ping:
      return readPing(new MsgpackReader(bytes, 1));
    case TYPE.indirectPing:
      return readIndirectPing(new MsgpackReader(bytes, 1));
    case TYPE.ack:
      return readAck(new MsgpackReader(bytes, 1));
    case TYPE.nack:
      return readNack(new MsgpackReader(bytes, 1));
    case TYPE.suspect:
      return readAccusation(new MsgpackReader(bytes, 1), "suspect");
    case TYPE.dead:
      return readAccusation(new MsgpackReader(bytes, 1), "dead");
    case TYPE.alive:
      return readAlive(new MsgpackReader(bytes, 1));
    case TYPE.user:
      return { type: "user", payload: new Uint8Array(bytes.subarray(1)) };
    default:
      throw new WireError(type === undefined ? "the message is empty" : `message type ${type} is not known here`);
  }
}

function readPing(reader: MsgpackReader): Ping {
  let node = "";
  let seqNo = 0;
  const asker = new AskerFields();
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(PING, i);
    if (field === "Node") node = reader.text();
    else if (field === "SeqNo") seqNo = reader.uint(U32_MAX);
    else asker.read(reader, field);
  }
  return { type: "ping", seqNo, node, ...asker.take() };
}

function readIndirectPing(reader: MsgpackReader): IndirectPing {
  let node = "";
  let seqNo = 0;
  let address = "";
  let port = 0;
  let wantsNack = false;
  const asker = new AskerFields();
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(INDIRECT_PING, i);
    if (field === "Nack") wantsNack = reader.bool();
    else if (field === "Node") node = reader.text();
    else if (field === "Port") port = reader.uint(U16_MAX);
    else if (field === "SeqNo") seqNo = reader.uint(U32_MAX);
    else if (field === "Target") address = readAddress(reader);
    else asker.read(reader, field);
  }
  if (address === "") throw new WireError("an indirect ping has no target");
  return { type: "indirectPing", seqNo, target: { address, port }, node, wantsNack, ...asker.take() };
}

/** Who asks, of both kinds of ping. */
class AskerFields {
  #address = "";
  #port = 0;
  #node = "";

  read(reader: MsgpackReader, field: "SourceAddr" | "SourceNode" | "SourcePort" | undefined): void {
    if (field === "SourceAddr") this.#address = readAddress(reader);
    else if (field === "SourceNode") this.#node = reader.text();
    else if (field === "SourcePort") this.#port = reader.uint(U16_MAX);
    else reader.skip();
  }

  take(): { source?: Endpoint; sourceNode?: string } {
    const source = { address: this.#address, port: this.#port };
    // memberlist answers to the packet's source unless both are given.
    const hasSource = this.#address !== "" && this.#port !== 0;
    return { ...(hasSource && { source }), ...(this.#node !== "" && { sourceNode: this.#node }) };
  }
}

function readAck(reader: MsgpackReader): Ack {
  let payload: Uint8Array = NO_BYTES;
  let seqNo = 0;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(ACK, i);
    if (field === "Payload") payload = reader.raw();
    else if (field === "SeqNo") seqNo = reader.uint(U32_MAX);
    else reader.skip();
  }
  return { type: "ack", seqNo, payload };
}

function readNack(reader: MsgpackReader): Nack {
  return { type: "nack", seqNo: readAck(reader).seqNo };
}

function readAccusation<Type extends "suspect" | "dead">(
  reader: MsgpackReader,
  type: Type,
): { type: Type } & Omit<Suspect | Dead, "type"> {
  let from = "";
  let incarnation = 0;
  let node = "";
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(ACCUSATION, i);
    if (field === "From") from = reader.text();
    else if (field === "Incarnation") incarnation = reader.uint(U32_MAX);
    else if (field === "Node") node = reader.text();
    else reader.skip();
  }
  return { type, incarnation, node, from };
}

function readAlive(reader: MsgpackReader): Alive {
  let address = "";
  let incarnation = 0;
  let meta: Uint8Array = NO_BYTES;
  let node = "";
  let port = 0;
  let versions: Alive["versions"];
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(ALIVE, i);
    if (field === "Addr") address = readAddress(reader);
    else if (field === "Incarnation") incarnation = reader.uint(U32_MAX);
    else if (field === "Meta") meta = reader.raw();
    else if (field === "Node") node = reader.text();
    else if (field === "Port") port = reader.uint(U16_MAX);
    else if (field === "Vsn") versions = readVersions(reader);
    else reader.skip();
  }
  if (node === "" || address === "") throw new WireError("an alive message has no name or no address");
  return { type: "alive", incarnation, node, at: { address, port }, meta, versions };
}
