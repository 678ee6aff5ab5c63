import { FieldNames, type MsgpackReader } from "../../../codec/msgpack/reader.ts";
import { fieldName, type MsgpackWriter } from "../../../codec/msgpack/writer.ts";
import type { ConflictResponse, KeyRequest, KeyResponse, Versions } from "../../messages.ts";
import { FIELD, NO_BYTES, readAddress, writeAddress, writeBytes, writeText, writeUint } from "../fields.ts";
import { readTags, writeTags } from "../tags.ts";
import { U8_MAX, U16_MAX } from "../types.ts";

const STATUS = fieldName("Status");
const TAGS = fieldName("Tags");
const KEY = fieldName("Key");
const KEYS = fieldName("Keys");
const MESSAGE = fieldName("Message");
const PRIMARY_KEY = fieldName("PrimaryKey");
const RESULT = fieldName("Result");

/** Fields of the versions, in the order in which they travel. */
const VERSION_FIELDS = {
  DelegateCur: "delegateCurrent",
  DelegateMax: "delegateMax",
  DelegateMin: "delegateMin",
  ProtocolCur: "protocolCurrent",
  ProtocolMax: "protocolMax",
  ProtocolMin: "protocolMin",
} as const satisfies Record<string, keyof Versions>;
type VersionField = keyof typeof VERSION_FIELDS;
const VERSION_NAMES = Object.keys(VERSION_FIELDS) as VersionField[];

const MEMBER = new FieldNames("Addr", "Name", "Port", "Status", "Tags", ...VERSION_NAMES);
const KEY_REQUEST = new FieldNames("Key");
const KEY_RESPONSE = new FieldNames("Keys", "Message", "PrimaryKey", "Result");

export function writeConflictResponse(writer: MsgpackWriter, { member }: ConflictResponse): void {
  const version = (name: VersionField) => writeUint(writer, fieldName(name), member.versions[VERSION_FIELDS[name]]);
  writer.map(11);
  writer.bytes(FIELD.Addr);
  writeAddress(writer, member.at.address);
  for (const name of VERSION_NAMES.slice(0, 3)) version(name);
  writeText(writer, FIELD.Name, member.name);
  writeUint(writer, FIELD.Port, member.at.port);
  for (const name of VERSION_NAMES.slice(3)) version(name);
  writeUint(writer, STATUS, member.status);
  writer.bytes(TAGS);
  writeTags(writer, member.tags);
}

/** A peer that doesn't know the member says nil: then all is empty. */
export function readConflictResponse(reader: MsgpackReader): ConflictResponse {
  const versions = {
    protocolMin: 0,
    protocolMax: 0,
    protocolCurrent: 0,
    delegateMin: 0,
    delegateMax: 0,
    delegateCurrent: 0,
  };
  let address = "";
  let name = "";
  let port = 0;
  let status = 0;
  let tags: ConflictResponse["member"]["tags"] = {};
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(MEMBER, i);
    if (field === undefined) reader.skip();
    else if (field === "Addr") address = readAddress(reader);
    else if (field === "Name") name = reader.text();
    else if (field === "Port") port = reader.uint(U16_MAX);
    else if (field === "Status") status = reader.uint(U8_MAX);
    else if (field === "Tags") tags = readTags(reader);
    else versions[VERSION_FIELDS[field]] = reader.uint(U8_MAX);
  }
  return { type: "conflictResponse", member: { name, at: { address, port }, tags, status, versions } };
}

export function writeKeyRequest(writer: MsgpackWriter, { key }: KeyRequest): void {
  writer.map(1);
  writer.bytes(KEY);
  writeBytes(writer, key);
}

export function readKeyRequest(reader: MsgpackReader): KeyRequest {
  let key: Uint8Array = NO_BYTES;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    if (reader.field(KEY_REQUEST, i) === "Key") key = reader.raw();
    else reader.skip();
  }
  return { type: "keyRequest", key };
}

export function writeKeyResponse(writer: MsgpackWriter, { keys, message, primaryKey, result }: KeyResponse): void {
  writer.map(4);
  writer.bytes(KEYS);
  if (keys.length === 0) writer.nil();
  else {
    writer.array(keys.length);
    for (const key of keys) writer.text(key);
  }
  writeText(writer, MESSAGE, message);
  writeText(writer, PRIMARY_KEY, primaryKey);
  writer.bytes(RESULT);
  writer.bool(result);
}

export function readKeyResponse(reader: MsgpackReader): KeyResponse {
  const keys: string[] = [];
  let message = "";
  let primaryKey = "";
  let result = false;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(KEY_RESPONSE, i);
    if (field === "Keys") for (let left = reader.array(); left > 0; left--) keys.push(reader.text());
    else if (field === "Message") message = reader.text();
    else if (field === "PrimaryKey") primaryKey = reader.text();
    else if (field === "Result") result = reader.bool();
    else reader.skip();
  }
  return { type: "keyResponse", result, message, keys, primaryKey };
}
