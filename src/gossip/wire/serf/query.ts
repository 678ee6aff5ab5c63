import { FieldNames, MsgpackReader } from "../../../codec/msgpack/reader.ts";
import { fieldName, MsgpackWriter } from "../../../codec/msgpack/writer.ts";
import { WireError } from "../../../codec/wire-error.ts";
import { NS_PER_MS } from "../../../lib/duration.ts";
import type { QueryFilter, QueryMessage, QueryResponse, Relay } from "../../messages.ts";
import { FIELD, NO_BYTES, readAddress, writeAddress, writeBytes, writeText, writeUint } from "../fields.ts";
import { U8_MAX, U16_MAX, U32_MAX } from "../types.ts";

const FILTERS = fieldName("Filters");
const RELAY_FACTOR = fieldName("RelayFactor");
const TIMEOUT = fieldName("Timeout");
const TAG = fieldName("Tag");
const EXPR = fieldName("Expr");
const DEST_ADDR = fieldName("DestAddr");
const DEST_NAME = fieldName("DestName");
const IP = fieldName("IP");
const ZONE = fieldName("Zone");

const QUERY = new FieldNames(
  "Addr",
  "Filters",
  "Flags",
  "ID",
  "LTime",
  "Name",
  "Payload",
  "Port",
  "RelayFactor",
  "SourceNode",
  "Timeout",
);
const RESPONSE = new FieldNames("Flags", "From", "ID", "LTime", "Payload");
const TAG_FILTER = new FieldNames("Expr", "Tag");
const RELAY_HEADER = new FieldNames("DestAddr", "DestName");
const UDP_ADDRESS = new FieldNames("IP", "Port", "Zone");

const FLAG = { ack: 1, noBroadcast: 2 } as const;
const FILTER = { nodes: 0, tag: 1, unknown: 0xff } as const;

export function writeQuery(writer: MsgpackWriter, query: QueryMessage): void {
  writer.map(11);
  writer.bytes(FIELD.Addr);
  writeAddress(writer, query.at.address);
  writer.bytes(FILTERS);
  if (query.filters.length === 0) writer.nil();
  else {
    writer.array(query.filters.length);
    for (const filter of query.filters) writer.raw(encodeFilter(filter));
  }
  writeUint(writer, FIELD.Flags, (query.wantsAck ? FLAG.ack : 0) | (query.noBroadcast ? FLAG.noBroadcast : 0));
  writeUint(writer, FIELD.ID, query.id);
  writeUint(writer, FIELD.LTime, query.ltime);
  writeText(writer, FIELD.Name, query.name);
  writer.bytes(FIELD.Payload);
  writeBytes(writer, query.payload);
  writeUint(writer, FIELD.Port, query.at.port);
  writeUint(writer, RELAY_FACTOR, query.relayFactor);
  writeText(writer, FIELD.SourceNode, query.sourceNode);
  writeUint(writer, TIMEOUT, Math.round(query.timeoutMs * NS_PER_MS));
}

export function readQuery(reader: MsgpackReader): QueryMessage {
  const query = {
    type: "query" as const,
    ltime: 0,
    id: 0,
    sourceNode: "",
    filters: [] as readonly QueryFilter[],
    relayFactor: 0,
    timeoutMs: 0,
    name: "",
    payload: NO_BYTES,
  };
  let address = "";
  let port = 0;
  let flags = 0;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(QUERY, i);
    if (field === "Addr") address = readAddress(reader);
    else if (field === "Filters") query.filters = readFilters(reader);
    else if (field === "Flags") flags = reader.uint(U32_MAX);
    else if (field === "ID") query.id = reader.uint(U32_MAX);
    else if (field === "LTime") query.ltime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "Name") query.name = reader.text();
    else if (field === "Payload") query.payload = reader.raw();
    else if (field === "Port") port = reader.uint(U16_MAX);
    else if (field === "RelayFactor") query.relayFactor = reader.uint(U8_MAX);
    else if (field === "SourceNode") query.sourceNode = reader.text();
    else if (field === "Timeout") query.timeoutMs = Math.max(0, reader.int()) / NS_PER_MS;
    else reader.skip();
  }
  if (address === "") throw new WireError("a query does not say where its answers go");
  const wantsAck = (flags & FLAG.ack) !== 0;
  const noBroadcast = (flags & FLAG.noBroadcast) !== 0;
  return { ...query, at: { address, port }, wantsAck, noBroadcast };
}

function encodeFilter(filter: QueryFilter): Uint8Array {
  const writer = new MsgpackWriter();
  if (filter === undefined) writer.byte(FILTER.unknown);
  else if (filter.kind === "nodes") {
    writer.byte(FILTER.nodes);
    writer.array(filter.names.length);
    for (const name of filter.names) writer.text(name);
  } else {
    writer.byte(FILTER.tag);
    writer.map(2);
    writeText(writer, EXPR, filter.expression);
    writeText(writer, TAG, filter.tag);
  }
  return writer.view();
}

function readFilters(reader: MsgpackReader): QueryFilter[] {
  const filters: QueryFilter[] = [];
  for (let left = reader.array(); left > 0; left--) filters.push(decodeFilter(reader.rawView()));
  return filters;
}

/** A filter that can't be read means nobody, as one of an unknown kind (Serf: logged, and not for this member). */
function decodeFilter(bytes: Uint8Array): QueryFilter {
  const reader = new MsgpackReader(bytes, 1);
  try {
    if (bytes[0] === FILTER.nodes) {
      const names: string[] = [];
      for (let left = reader.array(); left > 0; left--) names.push(reader.text());
      return { kind: "nodes", names };
    }
    return bytes[0] === FILTER.tag ? readTagFilter(reader) : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function readTagFilter(reader: MsgpackReader): QueryFilter {
  let tag = "";
  let expression = "";
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(TAG_FILTER, i);
    if (field === "Expr") expression = reader.text();
    else if (field === "Tag") tag = reader.text();
    else reader.skip();
  }
  return { kind: "tag", tag, expression };
}

export function writeQueryResponse(writer: MsgpackWriter, response: QueryResponse): void {
  writer.map(5);
  writeUint(writer, FIELD.Flags, response.isAck ? FLAG.ack : 0);
  writeText(writer, FIELD.From, response.from);
  writeUint(writer, FIELD.ID, response.id);
  writeUint(writer, FIELD.LTime, response.ltime);
  writer.bytes(FIELD.Payload);
  writeBytes(writer, response.payload);
}

export function readQueryResponse(reader: MsgpackReader): QueryResponse {
  let flags = 0;
  let from = "";
  let id = 0;
  let ltime = 0;
  let payload: Uint8Array = NO_BYTES;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(RESPONSE, i);
    if (field === "Flags") flags = reader.uint(U32_MAX);
    else if (field === "From") from = reader.text();
    else if (field === "ID") id = reader.uint(U32_MAX);
    else if (field === "LTime") ltime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "Payload") payload = reader.raw();
    else reader.skip();
  }
  return { type: "queryResponse", ltime, id, from, isAck: (flags & FLAG.ack) !== 0, payload };
}

export function writeRelay(writer: MsgpackWriter, { inner, to, toNode }: Relay): void {
  writer.map(2);
  writer.bytes(DEST_ADDR);
  writer.map(3);
  writer.bytes(IP);
  writeAddress(writer, to.address);
  writeUint(writer, FIELD.Port, to.port);
  writeText(writer, ZONE, "");
  writeText(writer, DEST_NAME, toNode);
  writer.bytes(inner);
}

/** `bytes` are those of the reader: what follows the header is the message to be handed on. */
export function readRelay(reader: MsgpackReader, bytes: Uint8Array): Relay {
  let to: Relay["to"] | undefined;
  let toNode = "";
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(RELAY_HEADER, i);
    if (field === "DestAddr") to = readUdpAddress(reader);
    else if (field === "DestName") toNode = reader.text();
    else reader.skip();
  }
  if (to === undefined || reader.left === 0) throw new WireError("a message to be relayed has no address, or is empty");
  return { type: "relay", to, toNode, inner: new Uint8Array(bytes.subarray(reader.at)) };
}

function readUdpAddress(reader: MsgpackReader): Relay["to"] | undefined {
  let address = "";
  let port = 0;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(UDP_ADDRESS, i);
    if (field === "IP") address = readAddress(reader);
    else if (field === "Port") port = reader.uint(U16_MAX);
    else reader.skip();
  }
  return address === "" ? undefined : { address, port };
}
