import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodePacket, labelOf } from "../../../../src/agent/discovery/mdns-packet.ts";

test("a node's name becomes one label", () => {
  expect(labelOf("edge-1")).toBe("edge-1");
  expect(labelOf("edge.1_a b")).toBe("edge-1-a-b");
  expect(labelOf("")).toBe("node");
  expect(labelOf("x".repeat(100))).toHaveLength(63);
});

test("bytes that are no packet are none, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      decodePacket(bytes);
    }),
  );
  expect(decodePacket(new Uint8Array(3))).toBeUndefined();
});
