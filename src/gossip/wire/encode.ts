import { fieldName, MsgpackWriter } from "../../codec/msgpack/writer.ts";
import type { Ack, Alive, Dead, Endpoint, IndirectPing, PacketMessage, Ping, Suspect } from "../messages.ts";
import { FIELD, writeAddress, writeBytes, writeText, writeUint, writeVersions } from "./fields.ts";
import { prefixed, TYPE } from "./types.ts";

const NACK = fieldName("Nack");
const SOURCE_ADDR = fieldName("SourceAddr");
const SOURCE_PORT = fieldName("SourcePort");
const TARGET = fieldName("Target");

/** All messages are written here, one after the other. */
const writer = new MsgpackWriter();

/** The message with its type byte. Fields are in the order of their names, as Go's peers write them. */
export function encodeMessage(message: PacketMessage): Uint8Array {
  if (message.type === "user") return prefixed(TYPE.user, message.payload);
  writer.clear();
  writer.byte(TYPE[message.type]);
  switch (message.type) {
    case "ping":
      writePing(message);
      break;
    case "indirectPing":
      writeIndirectPing(message);
      break;
    case "ack":
      writeAck(message);
      break;
    case "nack":
      writer.map(1);
      writeUint(writer, FIELD.SeqNo, message.seqNo);
      break;
    case "suspect":
    case "dead":
      writeAccusation(message);
      break;
    case "alive":
      writeAlive(message);
  }
  return writer.take();
}

function writePing({ node, seqNo, source, sourceNode }: Ping): void {
  writer.map(2 + sourceFields(source, sourceNode));
  writeText(writer, FIELD.Node, node);
  writeUint(writer, FIELD.SeqNo, seqNo);
  writeSource(source, sourceNode);
}

function writeIndirectPing(message: IndirectPing): void {
  writer.map(5 + sourceFields(message.source, message.sourceNode));
  writer.bytes(NACK);
  writer.bool(message.wantsNack);
  writeText(writer, FIELD.Node, message.node);
  writeUint(writer, FIELD.Port, message.target.port);
  writeUint(writer, FIELD.SeqNo, message.seqNo);
  writeSource(message.source, message.sourceNode);
  writer.bytes(TARGET);
  writeAddress(writer, message.target.address);
}

function writeAck({ payload, seqNo }: Ack): void {
  writer.map(2);
  writer.bytes(FIELD.Payload);
  writeBytes(writer, payload);
  writeUint(writer, FIELD.SeqNo, seqNo);
}

function writeAccusation({ from, incarnation, node }: Suspect | Dead): void {
  writer.map(3);
  writeText(writer, FIELD.From, from);
  writeUint(writer, FIELD.Incarnation, incarnation);
  writeText(writer, FIELD.Node, node);
}

function writeAlive({ at, incarnation, meta, node, versions }: Alive): void {
  writer.map(6);
  writer.bytes(FIELD.Addr);
  writeAddress(writer, at.address);
  writeUint(writer, FIELD.Incarnation, incarnation);
  writer.bytes(FIELD.Meta);
  writeBytes(writer, meta);
  writeText(writer, FIELD.Node, node);
  writeUint(writer, FIELD.Port, at.port);
  writer.bytes(FIELD.Vsn);
  writeVersions(writer, versions);
}

function sourceFields(source: Endpoint | undefined, sourceNode: string | undefined): number {
  return (source === undefined ? 0 : 2) + (sourceNode ? 1 : 0);
}

/** Fields that are left out when they are empty. */
function writeSource(source: Endpoint | undefined, sourceNode: string | undefined): void {
  if (source !== undefined) {
    writer.bytes(SOURCE_ADDR);
    writeAddress(writer, source.address);
  }
  if (sourceNode) writeText(writer, FIELD.SourceNode, sourceNode);
  if (source !== undefined) writeUint(writer, SOURCE_PORT, source.port);
}
