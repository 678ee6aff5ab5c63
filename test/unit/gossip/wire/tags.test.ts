import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeTags, encodeTags } from "../../../../src/gossip/wire/tags.ts";
import { frame } from "../../../support/gossip/frames.ts";
import { anyTags } from "../../../support/gossip/messages.ts";

test("tags are 0xff and a map, as a real serf has them", () => {
  const meta = encodeTags({ ver: "1", role: "bun" });
  expect(meta.toHex()).toBe("ff82a4726f6c65a362756ea3766572a131");
  expect(Buffer.from(frame("alive with checksum")).includes(meta)).toBe(true);
  expect(decodeTags(meta)).toEqual({ role: "bun", ver: "1" });
  expect(encodeTags({}).toHex()).toBe("ff80");
});

test("tags come back as they were, in the order of their names", () => {
  fc.assert(
    fc.property(anyTags, (tags) => {
      const decoded = decodeTags(encodeTags(tags));
      expect(decoded).toEqual(tags);
    }),
  );
  expect(encodeTags({ b: "1", a: "2" })).toEqual(encodeTags({ a: "2", b: "1" }));
});

test("a meta without 0xff is the role, as in the old protocol; so is none", () => {
  expect(decodeTags(Buffer.from("web"))).toEqual({ role: "web" });
  expect(decodeTags(new Uint8Array(0))).toEqual({ role: "" });
});

test("of a damaged meta the tags count that can be read", () => {
  const meta = encodeTags({ a: "1", b: "2", c: "3" });
  expect(decodeTags(meta.subarray(0, meta.length - 1))).toEqual({ a: "1", b: "2" });
  expect(decodeTags(Uint8Array.of(0xff))).toEqual({});
  expect(decodeTags(Uint8Array.of(0xff, 0x91))).toEqual({});
});

test("a tag with the name of an object's prototype is a tag like others", () => {
  const tags = decodeTags(Uint8Array.fromHex("ff81a95f5f70726f746f5f5fa178"));
  expect(Object.entries(tags)).toEqual([["__proto__", "x"]]);
  expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
});
