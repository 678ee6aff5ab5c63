import fc from "fast-check";
import type {
  Endpoint,
  PacketMessage,
  PushPull,
  QueryFilter,
  SerfMessage,
  Versions,
} from "../../../src/gossip/messages.ts";
import { NODE_STATES } from "../../../src/gossip/messages.ts";
import type { StreamMessage } from "../../../src/gossip/wire/stream.ts";
import type { Plain, PlainMap } from "./plain-msgpack.ts";

const NS_PER_MS = 1e6;

const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9.-]{1,40}$/),
  fc.string({ minLength: 1, maxLength: 130, unit: "grapheme" }),
);
const text = fc.oneof(fc.constant(""), name);
const bytes = fc.uint8Array({ maxLength: 300 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ltime = fc.oneof(fc.nat(200), fc.maxSafeNat());
const v4 = fc.ipV4();
const v6 = fc
  .array(u16, { minLength: 8, maxLength: 8 })
  .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]/`).hostname.slice(1, -1))
  .filter((address) => !address.startsWith("::ffff:"));
const at: fc.Arbitrary<Endpoint> = fc.record({ address: fc.oneof(v4, v6), port: u16 });
const source = at.filter(({ port }) => port !== 0);
const u8 = fc.integer({ min: 0, max: 255 });
const versions: fc.Arbitrary<Versions> = fc.record({
  ...{ protocolMin: u8, protocolMax: u8, protocolCurrent: u8, delegateMin: u8, delegateMax: u8, delegateCurrent: u8 },
});
const tags = fc.dictionary(
  name.filter((tag) => tag !== "__proto__"),
  text,
  { maxKeys: 20, noNullPrototype: true },
);
const asker = fc.record({ source, sourceNode: name }, { requiredKeys: [] });
const maybeVersions = fc.option(versions, { nil: undefined });

const type = <T extends string>(value: T) => fc.constant(value);

export const anyPacketMessage: fc.Arbitrary<PacketMessage> = fc.oneof(
  fc.tuple(fc.record({ type: type("ping"), seqNo: u32, node: text }), asker).map(([a, b]) => ({ ...a, ...b })),
  fc
    .tuple(
      fc.record({ type: type("indirectPing"), seqNo: u32, target: at, node: text, wantsNack: fc.boolean() }),
      asker,
    )
    .map(([a, b]) => ({ ...a, ...b })),
  fc.record({ type: type("ack"), seqNo: u32, payload: bytes }),
  fc.record({ type: type("nack"), seqNo: u32 }),
  fc.record({ type: type("suspect"), incarnation: u32, node: text, from: text }),
  fc.record({ type: type("dead"), incarnation: u32, node: text, from: text }),
  fc.record({ type: type("alive"), incarnation: u32, node: name, at, meta: bytes, versions: maybeVersions }),
  fc.record({ type: type("user"), payload: bytes }),
);

const filter: fc.Arbitrary<QueryFilter> = fc.oneof(
  fc.record({ kind: type("nodes"), names: fc.array(name, { maxLength: 20 }) }),
  fc.record({ kind: type("tag"), tag: text, expression: text }),
  fc.constant(undefined),
);

const state = fc.record({
  type: type("pushPull"),
  ltime,
  statusLTimes: fc.array(fc.tuple(name, ltime)).map((entries) => new Map(entries)),
  leftMembers: fc.array(name),
  eventLTime: ltime,
  events: fc.array(fc.record({ ltime, events: fc.array(fc.record({ name, payload: bytes }), { maxLength: 3 }) })),
  queryLTime: ltime,
});

export const anySerfMessage: fc.Arbitrary<SerfMessage> = fc.oneof(
  fc.record({ type: type("join"), ltime, node: text }),
  fc.record({ type: type("leave"), ltime, node: text, prune: fc.boolean() }),
  fc.record({ type: type("userEvent"), ltime, name: text, payload: bytes, coalesce: fc.boolean() }),
  fc.record({
    ...{ type: type("query"), ltime, id: u32, at, sourceNode: text, filters: fc.array(filter, { maxLength: 4 }) },
    ...{ wantsAck: fc.boolean(), noBroadcast: fc.boolean(), relayFactor: u8, name: text, payload: bytes },
    timeoutMs: fc.nat(3_600_000),
  }),
  fc.record({ type: type("queryResponse"), ltime, id: u32, from: text, isAck: fc.boolean(), payload: bytes }),
  fc.record({ type: type("conflictResponse"), member: fc.record({ name: text, at, tags, status: u8, versions }) }),
  fc.record({ type: type("keyRequest"), key: bytes }),
  fc.record({
    ...{ type: type("keyResponse"), result: fc.boolean(), message: text, primaryKey: text },
    keys: fc.array(text, { maxLength: 20 }),
  }),
  fc.record({ type: type("relay"), to: at, toNode: text, inner: fc.uint8Array({ minLength: 1, maxLength: 200 }) }),
  state,
);

export const anyPushPull: fc.Arbitrary<PushPull> = fc.record({
  isJoin: fc.boolean(),
  nodes: fc.array(
    fc.record({
      ...{ name, at, meta: bytes, incarnation: u32, state: fc.constantFrom(...NODE_STATES), versions: maybeVersions },
    }),
    { maxLength: 30 },
  ),
  userState: fc.uint8Array({ maxLength: 2000 }),
});

export const anyStreamMessage: fc.Arbitrary<StreamMessage> = fc.oneof(
  anyPushPull.map((states) => ({ type: "pushPull" as const, ...states })),
  fc.record({ type: type("user"), payload: bytes }),
  fc.record({ type: type("ping"), seqNo: u32, node: text }),
  fc.record({ type: type("ack"), seqNo: u32, payload: bytes }),
  fc.record({ type: type("error"), text }),
);

export const anyTags = tags;

/** Addresses as Go's `net.IP` has them, by way of the URL parser. */
function ip(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  const [head = "", tail = ""] = address.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":"));
  const missing = Array.from({ length: 8 - words(head).length - words(tail).length }, () => "0");
  const groups = address.includes("::") ? [...words(head), ...missing, ...words(tail)] : words(address);
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

const orNil = (value: Uint8Array): Plain => (value.length === 0 ? null : value);

function vsn(of: Versions | undefined): Plain {
  if (of === undefined) return null;
  const { protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent } = of;
  return Uint8Array.of(protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent);
}

/** Fields of a message with Go's names, sorted; what has no fields gives undefined. */
export function packetFields(message: PacketMessage): PlainMap | undefined {
  const asker = (of: { source?: Endpoint; sourceNode?: string }): PlainMap => ({
    ...(of.source && { SourceAddr: ip(of.source.address) }),
    ...(of.sourceNode && { SourceNode: of.sourceNode }),
    ...(of.source && { SourcePort: of.source.port }),
  });
  switch (message.type) {
    case "ping":
      return { Node: message.node, SeqNo: message.seqNo, ...asker(message) };
    case "indirectPing": {
      const { wantsNack: Nack, node: Node, seqNo: SeqNo, target } = message;
      return { Nack, Node, Port: target.port, SeqNo, ...asker(message), Target: ip(target.address) };
    }
    case "ack":
      return { Payload: orNil(message.payload), SeqNo: message.seqNo };
    case "nack":
      return { SeqNo: message.seqNo };
    case "suspect":
    case "dead":
      return { From: message.from, Incarnation: message.incarnation, Node: message.node };
    case "alive": {
      const { at: from, incarnation: Incarnation, meta, node: Node, versions: of } = message;
      return { Addr: ip(from.address), Incarnation, Meta: orNil(meta), Node, Port: from.port, Vsn: vsn(of) };
    }
    case "user":
      return undefined;
  }
}

/** The same of a message of Serf; filters are left as the bytes that `filterBytes` makes. */
export function serfFields(message: SerfMessage, filterBytes: (of: QueryFilter) => Uint8Array): PlainMap {
  switch (message.type) {
    case "join":
      return { LTime: message.ltime, Node: message.node };
    case "leave":
      return { LTime: message.ltime, Node: message.node, Prune: message.prune };
    case "userEvent": {
      const { coalesce: CC, ltime: LTime, name: Name, payload } = message;
      return { CC, LTime, Name, Payload: orNil(payload) };
    }
    case "query":
      return {
        Addr: ip(message.at.address),
        Filters: message.filters.length === 0 ? null : message.filters.map(filterBytes),
        Flags: (message.wantsAck ? 1 : 0) + (message.noBroadcast ? 2 : 0),
        ...{ ID: message.id, LTime: message.ltime, Name: message.name, Payload: orNil(message.payload) },
        ...{ Port: message.at.port, RelayFactor: message.relayFactor, SourceNode: message.sourceNode },
        Timeout: message.timeoutMs * NS_PER_MS,
      };
    case "queryResponse": {
      const { isAck, from: From, id: ID, ltime: LTime, payload } = message;
      return { Flags: isAck ? 1 : 0, From, ID, LTime, Payload: orNil(payload) };
    }
    case "conflictResponse":
      return memberFields(message.member);
    case "keyRequest":
      return { Key: orNil(message.key) };
    case "keyResponse": {
      const { keys, message: Message, primaryKey: PrimaryKey, result: Result } = message;
      return { Keys: keys.length === 0 ? null : keys, Message, PrimaryKey, Result };
    }
    case "relay":
      return { DestAddr: { IP: ip(message.to.address), Port: message.to.port, Zone: "" }, DestName: message.toNode };
    case "pushPull": {
      const events = message.events.map(({ events: at, ltime: LTime }) => ({
        Events: at.map(({ name: Name, payload }) => ({ Name, Payload: orNil(payload) })),
        LTime,
      }));
      const { eventLTime: EventLTime, ltime: LTime, leftMembers: LeftMembers, queryLTime: QueryLTime } = message;
      return { EventLTime, Events: events, LTime, LeftMembers, QueryLTime, StatusLTimes: message.statusLTimes };
    }
  }
}

function memberFields(member: Extract<SerfMessage, { type: "conflictResponse" }>["member"]): PlainMap {
  const of = member.versions;
  return {
    ...{ Addr: ip(member.at.address), DelegateCur: of.delegateCurrent, DelegateMax: of.delegateMax },
    ...{ DelegateMin: of.delegateMin, Name: member.name, Port: member.at.port, ProtocolCur: of.protocolCurrent },
    ...{ ProtocolMax: of.protocolMax, ProtocolMin: of.protocolMin, Status: member.status },
    Tags: new Map(Object.entries(member.tags).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
