import { FieldNames, MsgpackReader } from "../codec/msgpack/reader.ts";
import { MsgpackWriter } from "../codec/msgpack/writer.ts";
import type { UserEvent } from "../model/event.ts";

/** What gossip carries of a user event beside its name. */
export type EventBody = Omit<UserEvent, "Name" | "LTime">;

const TEXTS = { ID: "ID", nf: "NodeFilter", sf: "ServiceFilter", tf: "TagFilter" } as const;
const FIELDS = new FieldNames("ID", "n", "nf", "p", "sf", "tf", "v");

/**
 * The body as Consul's agents write it: a map with short keys in the newer dialect of msgpack, empty fields left out
 * (observed, Consul 1.8.7). The name goes twice, as Consul does it.
 */
export function encodeEvent(event: Omit<UserEvent, "LTime">): Uint8Array {
  const writer = new MsgpackWriter(256, "modern");
  const { ID, Name, Payload, NodeFilter, ServiceFilter, TagFilter, Version } = event;
  const texts = { ID, n: Name, nf: NodeFilter, sf: ServiceFilter, tf: TagFilter };
  const given = Object.entries(texts).filter(([, value]) => value !== "");
  writer.map(given.length + (Payload === null ? 1 : 2));
  for (const [key, value] of given) {
    writer.text(key);
    writer.text(value);
  }
  if (Payload !== null) {
    writer.text("p");
    writer.raw(Payload);
  }
  writer.text("v");
  writer.uint(Version);
  return writer.take();
}

/** Throws WireError for bytes that are no event. */
export function decodeEvent(bytes: Uint8Array): EventBody {
  const reader = new MsgpackReader(bytes);
  const body: EventBody = { ID: "", Payload: null, NodeFilter: "", ServiceFilter: "", TagFilter: "", Version: 0 };
  const pairs = reader.map();
  for (let at = 0; at < pairs; at++) {
    const field = reader.field(FIELDS, at);
    switch (field) {
      case "p":
        body.Payload = reader.isNil() ? null : reader.raw();
        break;
      case "v":
        body.Version = reader.uint(Number.MAX_SAFE_INTEGER);
        break;
      case "n":
      case undefined:
        reader.skip();
        break;
      default:
        body[TEXTS[field]] = reader.text();
    }
  }
  return body;
}
