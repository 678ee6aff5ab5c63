import type { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { fieldName, type MsgpackWriter } from "../../codec/msgpack/writer.ts";
import type { Versions } from "../messages.ts";
import { addressBytes, addressText } from "./address.ts";

const VERSION_BYTES = 6;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Field names that several messages have, as they are on the wire. */
export const FIELD = {
  Addr: fieldName("Addr"),
  Flags: fieldName("Flags"),
  From: fieldName("From"),
  ID: fieldName("ID"),
  Incarnation: fieldName("Incarnation"),
  LTime: fieldName("LTime"),
  Meta: fieldName("Meta"),
  Name: fieldName("Name"),
  Node: fieldName("Node"),
  Payload: fieldName("Payload"),
  Port: fieldName("Port"),
  SeqNo: fieldName("SeqNo"),
  SourceNode: fieldName("SourceNode"),
  Vsn: fieldName("Vsn"),
} as const;

/** Empty bytes travel as nil, which is what Go's programs have for them most of the time. */
export function writeBytes(writer: MsgpackWriter, bytes: Uint8Array): void {
  if (bytes.length === 0) writer.nil();
  else writer.raw(bytes);
}

/** "" travels as nil. */
export function writeAddress(writer: MsgpackWriter, address: string): void {
  if (address === "") writer.nil();
  else writer.raw(addressBytes(address));
}

/** "" when there is none, or bytes that are no address. */
export function readAddress(reader: MsgpackReader): string {
  return addressText(reader.rawView()) ?? "";
}

export function writeVersions(writer: MsgpackWriter, versions: Versions | undefined): void {
  if (versions === undefined) {
    writer.nil();
    return;
  }
  writer.byte(0xa0 | VERSION_BYTES);
  writer.byte(versions.protocolMin);
  writer.byte(versions.protocolMax);
  writer.byte(versions.protocolCurrent);
  writer.byte(versions.delegateMin);
  writer.byte(versions.delegateMax);
  writer.byte(versions.delegateCurrent);
}

/** Undefined when there are fewer than six bytes; more are left. */
export function readVersions(reader: MsgpackReader): Versions | undefined {
  const bytes = reader.rawView();
  if (bytes.length < VERSION_BYTES) return undefined;
  return {
    protocolMin: bytes[0] ?? 0,
    protocolMax: bytes[1] ?? 0,
    protocolCurrent: bytes[2] ?? 0,
    delegateMin: bytes[3] ?? 0,
    delegateMax: bytes[4] ?? 0,
    delegateCurrent: bytes[5] ?? 0,
  };
}

export function writeText(writer: MsgpackWriter, name: Uint8Array, value: string): void {
  writer.bytes(name);
  writer.text(value);
}

export function writeUint(writer: MsgpackWriter, name: Uint8Array, value: number): void {
  writer.bytes(name);
  writer.uint(value);
}
