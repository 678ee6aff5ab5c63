import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeEvent, encodeEvent } from "../../../src/agent/event-payload.ts";
import { WireError } from "../../../src/codec/wire-error.ts";

const ID = "6fa459ea-ee8a-3ca4-894e-db77e160355e";
const PLAIN = { ID, Name: "deploy", Payload: null, NodeFilter: "", ServiceFilter: "", TagFilter: "", Version: 1 };
const hexOf = (text: string) => Buffer.from(text).toString("hex");

test("an event has Consul's short keys, in the newer msgpack; empty fields are left out", () => {
  const bytes = encodeEvent({ ...PLAIN, Payload: new TextEncoder().encode("v2") });
  const expected = `84a24944d924${hexOf(ID)}a16ea6${hexOf("deploy")}a170c402${hexOf("v2")}a17601`;
  expect(Buffer.from(bytes).toString("hex")).toBe(expected);
});

test("what is encoded is decoded again", () => {
  const text = fc.string({ maxLength: 300 });
  const event = fc.record({
    ...{ ID: text, Name: text, Payload: fc.option(fc.uint8Array({ maxLength: 400 })) },
    ...{ NodeFilter: text, ServiceFilter: text, TagFilter: text, Version: fc.nat() },
  });
  fc.assert(
    fc.property(event, (given) => {
      const { Name: _, ...body } = given;
      expect(decodeEvent(encodeEvent(given))).toEqual(body);
    }),
  );
});

test("any bytes are an event or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeEvent(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
