import { FieldNames, type MsgpackReader } from "../../../codec/msgpack/reader.ts";
import { fieldName, type MsgpackWriter } from "../../../codec/msgpack/writer.ts";
import { WireError } from "../../../codec/wire-error.ts";
import type { SerfState, StoredEvent } from "../../messages.ts";
import { FIELD, NO_BYTES, writeBytes, writeText, writeUint } from "../fields.ts";

/** Of names that a state may have of each kind, and of events in all. */
const NAMES_MAX = 256 * 1024;
const EVENTS_MAX = 64 * 1024;

const EVENT_LTIME = fieldName("EventLTime");
const EVENTS = fieldName("Events");
const LEFT_MEMBERS = fieldName("LeftMembers");
const QUERY_LTIME = fieldName("QueryLTime");
const STATUS_LTIMES = fieldName("StatusLTimes");

const STATE = new FieldNames("EventLTime", "Events", "LTime", "LeftMembers", "QueryLTime", "StatusLTimes");
const EVENTS_AT = new FieldNames("Events", "LTime");
const EVENT = new FieldNames("Name", "Payload");

type EventsAt = SerfState["events"][number];

export function writeState(writer: MsgpackWriter, state: SerfState): void {
  writer.map(6);
  writeUint(writer, EVENT_LTIME, state.eventLTime);
  writer.bytes(EVENTS);
  writer.array(state.events.length);
  for (const at of state.events) writeEventsAt(writer, at);
  writeUint(writer, FIELD.LTime, state.ltime);
  writer.bytes(LEFT_MEMBERS);
  writer.array(state.leftMembers.length);
  for (const name of state.leftMembers) writer.text(name);
  writeUint(writer, QUERY_LTIME, state.queryLTime);
  writer.bytes(STATUS_LTIMES);
  writer.map(state.statusLTimes.size);
  for (const [name, ltime] of state.statusLTimes) {
    writer.text(name);
    writer.uint(ltime);
  }
}

function writeEventsAt(writer: MsgpackWriter, { events, ltime }: EventsAt): void {
  writer.map(2);
  writer.bytes(EVENTS);
  writer.array(events.length);
  for (const { name, payload } of events) {
    writer.map(2);
    writeText(writer, FIELD.Name, name);
    writer.bytes(FIELD.Payload);
    writeBytes(writer, payload);
  }
  writeUint(writer, FIELD.LTime, ltime);
}

export function readState(reader: MsgpackReader): SerfState {
  const statusLTimes = new Map<string, number>();
  const leftMembers: string[] = [];
  const events: EventsAt[] = [];
  let ltime = 0;
  let eventLTime = 0;
  let queryLTime = 0;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(STATE, i);
    if (field === "EventLTime") eventLTime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "LTime") ltime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "QueryLTime") queryLTime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "Events") readRing(reader, events);
    else if (field === "LeftMembers") readNames(reader, leftMembers);
    else if (field === "StatusLTimes") readLTimes(reader, statusLTimes);
    else reader.skip();
  }
  return { type: "pushPull", ltime, statusLTimes, leftMembers, eventLTime, events, queryLTime };
}

function readLTimes(reader: MsgpackReader, into: Map<string, number>): void {
  for (let left = limited(reader.map(), NAMES_MAX, "members"); left > 0; left--) {
    into.set(reader.text(), reader.uint(Number.MAX_SAFE_INTEGER));
  }
}

function readNames(reader: MsgpackReader, into: string[]): void {
  for (let left = limited(reader.array(), NAMES_MAX, "members"); left > 0; left--) into.push(reader.text());
}

/** Peers in Go give the whole ring; its empty slots are nil. */
function readRing(reader: MsgpackReader, into: EventsAt[]): void {
  let count = 0;
  for (let left = limited(reader.array(), EVENTS_MAX, "events"); left > 0; left--) {
    if (reader.isNil()) continue;
    const at = readEventsAt(reader);
    count = limited(count + at.events.length, EVENTS_MAX, "events");
    into.push(at);
  }
}

function readEventsAt(reader: MsgpackReader): EventsAt {
  const events: StoredEvent[] = [];
  let ltime = 0;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(EVENTS_AT, i);
    if (field === "LTime") ltime = reader.uint(Number.MAX_SAFE_INTEGER);
    else if (field === "Events") {
      for (let left = limited(reader.array(), EVENTS_MAX, "events"); left > 0; left--) events.push(readEvent(reader));
    } else reader.skip();
  }
  return { ltime, events };
}

function readEvent(reader: MsgpackReader): StoredEvent {
  let name = "";
  let payload: Uint8Array = NO_BYTES;
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(EVENT, i);
    if (field === "Name") name = reader.text();
    else if (field === "Payload") payload = reader.raw();
    else reader.skip();
  }
  return { name, payload };
}

function limited(count: number, max: number, what: string): number {
  if (count > max) throw new WireError(`a state has ${count} ${what}, more than ${max}`);
  return count;
}
