import { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { WireError } from "../../codec/wire-error.ts";
import type { Tags } from "../types.ts";

/** Stands before the tags; a meta without it is the role, as in Serf before version 0.4. */
const TAGS = 0xff;

/** More than this can't be a member's meta: nobody takes it. */
export const META_BYTES_MAX = 512;

/** A member's meta that holds these tags; the caller looks whether it is longer than `META_BYTES_MAX`. */
export function encodeTags(tags: Tags): Uint8Array {
  const writer = new MsgpackWriter(META_BYTES_MAX);
  writer.byte(TAGS);
  writeTags(writer, tags);
  return writer.take();
}

/** The same bytes are looked at several times on their way into a pool. */
const decoded = new WeakMap<Uint8Array, Tags>();

/** Tags of any meta, whose bytes must not change: of a damaged one those that can be read, as Serf has it. */
export function decodeTags(meta: Uint8Array): Tags {
  const known = decoded.get(meta);
  if (known !== undefined) return known;
  const tags = Object.freeze(readAll(meta));
  decoded.set(meta, tags);
  return tags;
}

function readAll(meta: Uint8Array): Tags {
  if (meta[0] !== TAGS) return { role: new TextDecoder().decode(meta) };
  const tags = new Map<string, string>();
  try {
    readInto(tags, new MsgpackReader(meta, 1));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return Object.fromEntries(tags);
}

export function writeTags(writer: MsgpackWriter, tags: Tags): void {
  const names = Object.keys(tags).sort();
  writer.map(names.length);
  for (const name of names) {
    writer.text(name);
    writer.text(tags[name] ?? "");
  }
}

/** Throws WireError. */
export function readTags(reader: MsgpackReader): Tags {
  const tags = new Map<string, string>();
  readInto(tags, reader);
  return Object.fromEntries(tags);
}

function readInto(tags: Map<string, string>, reader: MsgpackReader): void {
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) tags.set(reader.text(), reader.text());
}
