import { assert } from "../lib/assert.ts";
import type { IndexedConfiguration, Server } from "../raft/configuration.ts";
import type { Append, Message, SnapshotChunk, SnapshotMeta } from "../raft/core/messages.ts";
import type { Entry, EntryType } from "../raft/types.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** Position is what travels: new ones go to the end. */
const ENTRY_TYPES: readonly EntryType[] = ["noop", "command", "configuration", "restore"];

const SERVERS_MAX = 256;
const ID_BYTES_MAX = 128;
const ADDRESS_BYTES_MAX = 300;
const SHA256_BYTES = 32;

type Kind = Message["type"];
/** What all messages begin with; sender and receiver are those of the link and don't travel. */
interface Base {
  from: string;
  to: string;
  term: number;
}

/** The bytes of a message; its type is the kind of the frame that carries them. */
export function encodeMessage(message: Message): Buffer {
  const out = new ByteWriter(roomFor(message));
  out.varint(message.term);
  switch (message.type) {
    case "preVoteRequest":
      out.varint(message.round);
      out.varint(message.lastIndex);
      out.varint(message.lastTerm);
      break;
    case "preVoteReply":
      out.varint(message.round);
      out.flag(message.granted);
      break;
    case "voteRequest":
      out.varint(message.lastIndex);
      out.varint(message.lastTerm);
      out.flag(message.isTransfer);
      break;
    case "voteReply":
      out.flag(message.granted);
      break;
    case "append":
      encodeAppend(out, message);
      break;
    case "appendReply":
      out.flag(message.ok);
      out.varint(message.index);
      out.varint(message.hintIndex);
      out.varint(message.hintTerm);
      break;
    case "heartbeat":
      out.varint(message.commit);
      out.varint(message.round);
      break;
    case "heartbeatReply":
      out.varint(message.round);
      break;
    case "snapshotChunk":
      encodeChunk(out, message);
      break;
    case "snapshotReply":
      out.varint(message.index);
      out.varint(message.nextOffset);
      out.flag(message.installed);
      break;
    case "timeoutNow":
      out.varint(message.lastIndex);
      break;
    case "readIndexRequest":
      out.varint(message.id);
      out.flag(message.isConfirmed);
      break;
    case "readIndexReply":
      out.varint(message.id);
      out.varint(message.index);
      break;
  }
  return out.take();
}

/** The message in `payload`, which may be reused afterwards; undefined when these bytes are none of its kind. */
export function decodeMessage(kind: Kind, payload: Buffer, from: string, to: string): Message | undefined {
  const input = new ByteReader(payload);
  const base = { from, to, term: input.varint() };
  const message = decodeBody(kind, input, base);
  return input.isDone ? message : undefined;
}

function decodeBody(kind: Kind, input: ByteReader, base: Base): Message {
  switch (kind) {
    case "preVoteRequest":
      return { type: kind, ...base, round: input.varint(), lastIndex: input.varint(), lastTerm: input.varint() };
    case "preVoteReply":
      return { type: kind, ...base, round: input.varint(), granted: input.flag() };
    case "voteRequest":
      return {
        type: kind,
        ...base,
        lastIndex: input.varint(),
        lastTerm: input.varint(),
        isTransfer: input.flag(),
      };
    case "voteReply":
      return { type: kind, ...base, granted: input.flag() };
    case "append":
      return decodeAppend(input, base);
    case "appendReply":
      return {
        type: kind,
        ...base,
        ok: input.flag(),
        index: input.varint(),
        hintIndex: input.varint(),
        hintTerm: input.varint(),
      };
    case "heartbeat":
      return { type: kind, ...base, commit: input.varint(), round: input.varint() };
    case "heartbeatReply":
      return { type: kind, ...base, round: input.varint() };
    case "snapshotChunk":
      return decodeChunk(input, base);
    case "snapshotReply":
      return {
        type: kind,
        ...base,
        index: input.varint(),
        nextOffset: input.varint(),
        installed: input.flag(),
      };
    case "timeoutNow":
      return { type: kind, ...base, lastIndex: input.varint() };
    case "readIndexRequest":
      return { type: kind, ...base, id: input.varint(), isConfirmed: input.flag() };
    case "readIndexReply":
      return { type: kind, ...base, id: input.varint(), index: input.varint() };
  }
}

/** Entries as columns: their indexes follow `prevIndex`, terms and types are runs, and all data is one text. */
function encodeAppend(out: ByteWriter, { prevIndex, prevTerm, commit, entries }: Append): void {
  const count = entries.length;
  assert(
    count === 0 || (entries[0]?.index === prevIndex + 1 && entries[count - 1]?.index === prevIndex + count),
    "entries of an append follow prevIndex",
  );
  out.varint(prevIndex);
  out.varint(prevTerm);
  out.varint(commit);
  out.varint(count);
  for (let at = 0; at < count; ) {
    const { term, type } = entries[at] as Entry;
    let end = at + 1;
    while (end < count && entries[end]?.term === term && entries[end]?.type === type) end++;
    out.varint(end - at);
    out.varint(term);
    out.byte(ENTRY_TYPES.indexOf(type));
    at = end;
  }
  let text = "";
  for (const { data } of entries) {
    out.varint(data.length);
    text += data;
  }
  out.tail(text);
}

function decodeAppend(input: ByteReader, base: Base): Append {
  const [prevIndex, prevTerm, commit, count] = [input.varint(), input.varint(), input.varint(), input.varint()];
  // Each entry has at least its length; so no count makes more of memory than what came.
  if (count > input.left || !Number.isSafeInteger(prevIndex + count)) input.reject();
  const entries: Entry[] = [];
  while (input.isGood && entries.length < count) {
    const [run, term, type] = [input.varint(), input.varint(), ENTRY_TYPES[input.byte()]];
    if (type === undefined || run === 0 || run > count - entries.length) {
      input.reject();
      break;
    }
    for (let left = run; left > 0; left--) {
      entries.push({ index: prevIndex + 1 + entries.length, term, type, data: "" });
    }
  }
  const ends: number[] = [];
  let end = 0;
  for (let at = 0; input.isGood && at < count; at++) {
    end += input.varint();
    ends.push(end);
  }
  const text = input.tail();
  if (end !== text.length) input.reject();
  let from = 0;
  for (const [at, to] of ends.entries()) {
    (entries[at] as Entry).data = text.slice(from, to);
    from = to;
  }
  return { type: "append", ...base, prevIndex, prevTerm, entries, commit };
}

function encodeChunk(out: ByteWriter, { snapshot, offset, data }: SnapshotChunk): void {
  out.varint(snapshot.index);
  out.varint(snapshot.term);
  out.varint(snapshot.bytes);
  const sha256 = Buffer.from(snapshot.sha256, "hex");
  assert(sha256.length === SHA256_BYTES, "a snapshot's hash is SHA-256 in hex");
  out.raw(sha256);
  const { index, configuration } = snapshot.configuration;
  out.varint(index);
  out.varint(configuration.servers.length);
  for (const { id, address, voter } of configuration.servers) {
    out.text(id);
    out.text(address);
    out.flag(voter);
  }
  out.varint(offset);
  out.raw(data);
}

function decodeChunk(input: ByteReader, base: Base): SnapshotChunk {
  const [index, term, bytes] = [input.varint(), input.varint(), input.varint()];
  const sha256 = input.raw(SHA256_BYTES).toString("hex");
  const snapshot: SnapshotMeta = { index, term, configuration: decodeConfiguration(input), bytes, sha256 };
  const offset = input.varint();
  // A copy: the payload belongs to the link.
  const data = new Uint8Array(input.raw(input.left));
  if (offset + data.length > bytes || snapshot.configuration.index > index) input.reject();
  return { type: "snapshotChunk", ...base, snapshot, offset, data };
}

function decodeConfiguration(input: ByteReader): IndexedConfiguration {
  const index = input.varint();
  const count = input.varint();
  if (count > SERVERS_MAX) input.reject();
  const servers: Server[] = [];
  while (input.isGood && servers.length < count) {
    servers.push({ id: input.text(ID_BYTES_MAX), address: input.text(ADDRESS_BYTES_MAX), voter: input.flag() });
  }
  return { index, configuration: { servers } };
}

/** Bytes that most messages of the type fit into. */
function roomFor(message: Message): number {
  if (message.type === "append") {
    return message.entries.reduce((sum, { data }) => sum + data.length + ENTRY_ROOM_BYTES, MESSAGE_ROOM_BYTES);
  }
  if (message.type !== "snapshotChunk") return MESSAGE_ROOM_BYTES;
  return message.data.length + (message.snapshot.configuration.configuration.servers.length + 2) * SERVER_ROOM_BYTES;
}
const MESSAGE_ROOM_BYTES = 40;
const ENTRY_ROOM_BYTES = 4;
const SERVER_ROOM_BYTES = 128;
