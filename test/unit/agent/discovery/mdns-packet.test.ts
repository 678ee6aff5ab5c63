import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Announcement,
  asksFor,
  decodePacket,
  encodeAnswer,
  encodeQuestions,
  Found,
  labelOf,
} from "../../../../src/agent/discovery/mdns-packet.ts";
import { isAddress } from "../../../../src/config/addresses.ts";

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

const OWN: Announcement = {
  service: "_muster._tcp.local",
  instance: "a",
  port: 8301,
  addresses: ["10.0.0.1", "fd00::1"],
  text: ["dc=dc1"],
};

test("no packet, however mangled, makes more than nothing of itself: neither asking nor answering throws", () => {
  const question = (type: "PTR" | "SRV", name: string) => encodeQuestions([{ type, name }]);
  const good = [encodeAnswer(OWN), question("PTR", OWN.service), question("SRV", `a.${OWN.service}`)];
  const change = fc.record({ at: fc.nat(400), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.constantFrom(...good), fc.array(change, { maxLength: 6 }), fc.nat(400), (bytes, changes, cut) => {
      const mangled = bytes.slice(0, Math.max(1, bytes.length - (cut > bytes.length ? 0 : cut)));
      for (const { at, to } of changes) if (at < mangled.length) mangled[at] = to;
      const packet = decodePacket(mangled);
      if (packet === undefined) return;
      const found = new Found(OWN.service);
      found.add(packet);
      encodeQuestions(found.questions());
      for (const { address, port } of found.endpoints()) expect([isAddress(address), port > 0]).toEqual([true, true]);
      if (asksFor(packet, OWN)) encodeAnswer(OWN, packet);
    }),
    { numRuns: 3000 },
  );
});
