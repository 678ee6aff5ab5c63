import { LzwUnpacker } from "../../codec/lzw.ts";
import { FieldNames, MsgpackReader } from "../../codec/msgpack/reader.ts";
import { fieldName, MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { CutOff, WireError } from "../../codec/wire-error.ts";
import { assert } from "../../lib/assert.ts";
import type { Ack, Ping, PushPull, User } from "../messages.ts";
import { readPacked } from "./compression.ts";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { writeText, writeUint } from "./fields.ts";
import { PushPullReader, writingPushPull } from "./push-pull.ts";
import { TYPE } from "./types.ts";
import { within } from "./within.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a message may have when nothing is around it (memberlist: what it unpacks to). */
export const MESSAGE_BYTES_MAX = 40 * MIB;
/** As memberlist. */
const USER_BYTES_MAX = 20 * MIB;

/** About what takes a millisecond. */
const SLICE_NODES = 2000;
const SLICE_BYTES = 256 * KIB;

const NODE_ROOM_BYTES = 256;
const ERROR = fieldName("Error");
const USER_MSG_LEN = fieldName("UserMsgLen");
const ERROR_FIELDS = new FieldNames("Error");
const USER_FIELDS = new FieldNames("UserMsgLen");

/** A peer could not read what it got; its text. */
export interface StreamError {
  readonly type: "error";
  readonly text: string;
}

/** What is said over a stream: one message each way. */
export type StreamMessage = (PushPull & { readonly type: "pushPull" }) | User | Ping | Ack | StreamError;

/** The message with its type byte, as it is inside of encryption. Long ones are written in slices, with a yield between. */
export function* encodingStreamMessage(message: StreamMessage): Generator<void, Uint8Array> {
  if (message.type === "ping" || message.type === "ack") return encodeMessage(message);
  const writer = new MsgpackWriter(roomBytes(message));
  writer.byte(TYPE[message.type]);
  if (message.type === "pushPull") yield* writingPushPull(writer, message, SLICE_NODES / 2);
  else {
    writer.map(1);
    if (message.type === "error") writeText(writer, ERROR, message.text);
    else {
      writeUint(writer, USER_MSG_LEN, message.payload.length);
      writer.bytes(message.payload);
    }
  }
  return writer.view();
}

function roomBytes(message: Exclude<StreamMessage, Ping | Ack>): number {
  if (message.type === "pushPull") return NODE_ROOM_BYTES * (message.nodes.length + 1) + message.userState.length;
  return NODE_ROOM_BYTES + (message.type === "user" ? message.payload.length : message.text.length);
}

/** Takes so many bytes of what all streams may hold together; false when that is too much. */
export type Reserve = (bytes: number) => boolean;

/** `more`: the rest must come first. `again`: there is more to do, in a later turn if others shall not wait. */
export type Progress = StreamMessage | "more" | "again";

/** Reads one message, compressed or not, from bytes that may come bit by bit, in slices of about a millisecond. */
export class StreamMessageReader {
  readonly #reserve: Reserve;
  #pushPull: PushPullReader | undefined;
  #unpacker: LzwUnpacker | undefined;
  #reservedBytes = 0;
  /** Of what was compressed. */
  #inner: StreamMessageReader | undefined;

  constructor(reserve: Reserve) {
    this.#reserve = reserve;
  }

  /**
   * Does a slice of work in `bytes`, which begin as before; when the message is read, they are its own. `isWhole`: nothing
   * will follow. Throws WireError.
   */
  run(bytes: Uint8Array, isWhole: boolean): Progress {
    try {
      return this.#read(bytes) ?? "again";
    } catch (error) {
      if (!(error instanceof CutOff) || isWhole || this.#inner !== undefined) throw error;
      return "more";
    }
  }

  #read(bytes: Uint8Array): Progress | undefined {
    switch (bytes[0]) {
      case undefined:
        throw new CutOff("the message is empty");
      case TYPE.pushPull:
        return this.#readPushPull(bytes);
      case TYPE.compressed:
        return this.#inner === undefined ? this.#unpack(bytes) : this.#inner.run(this.#unpacked(), true);
      case TYPE.user:
        return readUser(bytes);
      case TYPE.ping:
      case TYPE.ack:
      case TYPE.error:
        return readSmall(bytes);
      default:
        throw new WireError(`Received invalid msgType (${bytes[0]})`);
    }
  }

  #readPushPull(bytes: Uint8Array): StreamMessage | undefined {
    this.#pushPull ??= new PushPullReader(1);
    const states = this.#pushPull.run(bytes, SLICE_NODES);
    return states === undefined ? undefined : { type: "pushPull", ...states };
  }

  #unpack(bytes: Uint8Array): undefined {
    this.#unpacker ??= new LzwUnpacker(readPacked(new MsgpackReader(bytes, 1)), MESSAGE_BYTES_MAX);
    const isDone = this.#unpacker.run(SLICE_BYTES);
    const { roomBytes } = this.#unpacker;
    if (!this.#reserve(roomBytes - this.#reservedBytes))
      throw new WireError("all messages that come hold too much together");
    this.#reservedBytes = roomBytes;
    if (!isDone) return;
    if (this.#unpacked()[0] === TYPE.compressed) throw new WireError("a compressed message holds another one");
    this.#inner = new StreamMessageReader(this.#reserve);
  }

  #unpacked(): Uint8Array {
    assert(this.#unpacker !== undefined, "it is unpacked");
    return this.#unpacker.bytes();
  }
}

function readUser(bytes: Uint8Array): User {
  const reader = new MsgpackReader(bytes, 1);
  const length = within(bytes.length, "a header", () => readUserLength(reader));
  if (length < 0 || length > USER_BYTES_MAX) throw new WireError(`user message length (${length}) exceeds limit`);
  if (length > reader.left) throw new CutOff("the user message is cut off");
  return { type: "user", payload: bytes.subarray(reader.at, reader.at + length) };
}

function readUserLength(reader: MsgpackReader): number {
  let length = 0;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    if (reader.field(USER_FIELDS, i) === "UserMsgLen") length = reader.int();
    else reader.skip();
  }
  return length;
}

function readSmall(bytes: Uint8Array): Ping | Ack | StreamError {
  const message = within(bytes.length, "a small message", () =>
    bytes[0] === TYPE.error ? readError(new MsgpackReader(bytes, 1)) : decodeMessage(bytes),
  );
  assert(message.type === "ping" || message.type === "ack" || message.type === "error", "no other type is read here");
  return message;
}

function readError(reader: MsgpackReader): StreamError {
  let text = "";
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    if (reader.field(ERROR_FIELDS, i) === "Error") text = reader.text();
    else reader.skip();
  }
  return { type: "error", text };
}
