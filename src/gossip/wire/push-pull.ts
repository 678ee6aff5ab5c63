import { FieldNames, MsgpackReader } from "../../codec/msgpack/reader.ts";
import { fieldName, type MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { CutOff, WireError } from "../../codec/wire-error.ts";
import { NODE_STATES, type PushedNode, type PushPull } from "../messages.ts";
import {
  FIELD,
  NO_BYTES,
  readAddress,
  readVersions,
  writeAddress,
  writeBytes,
  writeUint,
  writeVersions,
} from "./fields.ts";
import { U8_MAX, U16_MAX, U32_MAX } from "./types.ts";
import { within } from "./within.ts";

const MIB = 1024 * 1024;

/** Twice what can be thought of: at fifty thousand members other things break first. */
const NODES_MAX = 128 * 1024;
/** As memberlist. */
const USER_STATE_BYTES_MAX = 20 * MIB;

const JOIN = fieldName("Join");
const NODES = fieldName("Nodes");
const STATE = fieldName("State");
const USER_STATE_LEN = fieldName("UserStateLen");

const HEADER = new FieldNames("Join", "Nodes", "UserStateLen");
const NODE = new FieldNames("Addr", "Incarnation", "Meta", "Name", "Port", "State", "Vsn");

/**
 * All behind the type byte: a header, the nodes one after the other, and the bytes of the layer above. Yields after each
 * `sliceNodes`.
 */
export function* writingPushPull(
  writer: MsgpackWriter,
  { isJoin, nodes, userState }: PushPull,
  sliceNodes: number,
): Generator<void, void> {
  writer.map(3);
  writer.bytes(JOIN);
  writer.bool(isJoin);
  writeUint(writer, NODES, nodes.length);
  writeUint(writer, USER_STATE_LEN, userState.length);
  for (const [at, node] of nodes.entries()) {
    if (at > 0 && at % sliceNodes === 0) yield;
    writeNode(writer, node);
  }
  writer.bytes(userState);
}

function writeNode(writer: MsgpackWriter, node: PushedNode): void {
  writer.map(7);
  writer.bytes(FIELD.Addr);
  writeAddress(writer, node.at.address);
  writeUint(writer, FIELD.Incarnation, node.incarnation);
  writer.bytes(FIELD.Meta);
  writeBytes(writer, node.meta);
  writer.bytes(FIELD.Name);
  writer.text(node.name);
  writeUint(writer, FIELD.Port, node.at.port);
  writeUint(writer, STATE, NODE_STATES.indexOf(node.state));
  writer.bytes(FIELD.Vsn);
  writeVersions(writer, node.versions);
}

interface Header {
  readonly isJoin: boolean;
  readonly nodes: number;
  readonly userStateBytes: number;
}

/**
 * Reads a full exchange from bytes that may come bit by bit, some nodes at a time. A node without a name or address, or in
 * an unknown state, is left out: one that somebody let in must not keep all from exchanging states.
 */
export class PushPullReader {
  #at: number;
  #header: Header | undefined;
  #nodesLeft = 0;
  readonly #nodes: PushedNode[] = [];

  /** `start`: behind the type byte. */
  constructor(start: number) {
    this.#at = start;
  }

  /**
   * Reads on in `bytes`, which begin as before; at most `nodesMax` nodes, and undefined when there are more. Throws CutOff
   * when the rest must come first, and WireError.
   */
  run(bytes: Uint8Array, nodesMax: number): PushPull | undefined {
    const reader = new MsgpackReader(bytes, this.#at);
    this.#header ??= within(reader.left, "a header", () => this.#readHeader(reader));
    for (let left = Math.min(nodesMax, this.#nodesLeft); left > 0; left--) this.#readNode(reader);
    if (this.#nodesLeft > 0) return undefined;
    const { isJoin, userStateBytes } = this.#header;
    if (bytes.length - this.#at < userStateBytes) throw new CutOff("the user state is cut off");
    return { isJoin, nodes: this.#nodes, userState: bytes.subarray(this.#at, this.#at + userStateBytes) };
  }

  #readHeader(reader: MsgpackReader): Header {
    let isJoin = false;
    let nodes = 0;
    let userStateBytes = 0;
    const pairs = reader.map();
    for (let i = 0; i < pairs; i++) {
      const field = reader.field(HEADER, i);
      if (field === "Join") isJoin = reader.bool();
      else if (field === "Nodes") nodes = reader.int();
      else if (field === "UserStateLen") userStateBytes = reader.int();
      else reader.skip();
    }
    if (nodes < 0 || nodes > NODES_MAX) throw new WireError(`number of nodes in header (${nodes}) exceeds limit`);
    if (userStateBytes < 0 || userStateBytes > USER_STATE_BYTES_MAX) {
      throw new WireError(`user state length (${userStateBytes}) exceeds limit`);
    }
    this.#nodesLeft = nodes;
    this.#at = reader.at;
    return { isJoin, nodes, userStateBytes };
  }

  #readNode(reader: MsgpackReader): void {
    const node = within(reader.left, "a node", () => readNode(reader));
    if (node !== undefined) this.#nodes.push(node);
    this.#nodesLeft--;
    this.#at = reader.at;
  }
}

function readNode(reader: MsgpackReader): PushedNode | undefined {
  let address = "";
  let incarnation = 0;
  let meta: Uint8Array = NO_BYTES;
  let name = "";
  let port = 0;
  let state: PushedNode["state"] | undefined = NODE_STATES[0];
  let versions: PushedNode["versions"];
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(NODE, i);
    if (field === "Addr") address = readAddress(reader);
    else if (field === "Incarnation") incarnation = reader.uint(U32_MAX);
    else if (field === "Meta") meta = reader.raw();
    else if (field === "Name") name = reader.text();
    else if (field === "Port") port = reader.uint(U16_MAX);
    else if (field === "State") state = NODE_STATES[reader.uint(U8_MAX)];
    else if (field === "Vsn") versions = readVersions(reader);
    else reader.skip();
  }
  if (name === "" || address === "" || state === undefined) return undefined;
  return { name, at: { address, port }, meta, incarnation, state, versions };
}
