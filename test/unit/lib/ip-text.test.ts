import { expect, test } from "bun:test";
import net from "node:net";
import fc from "fast-check";
import { isIPv4, isIPv6 } from "../../../src/lib/ip-text.ts";

test("ip: addresses are told from names as the platform tells them", () => {
  const texts = [
    "1.2.3.4",
    "01.2.3.4",
    "256.1.1.1",
    "1.2.3",
    "",
    "::",
    "::1",
    "1::",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
  ];
  texts.push(
    "1::2::3",
    ":::",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8:9",
    "g::",
    "[::1]",
    "foo.bar",
    "12345::",
    "1.2.3.4::",
  );
  for (const text of texts)
    expect([text, isIPv4(text), isIPv6(text)]).toEqual([text, net.isIPv4(text), net.isIPv6(text)]);
});

test("ip: random addresses and near-addresses agree with the platform", () => {
  const near = fc.stringMatching(/^[0-9a-f:.]{0,20}$/);
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near), (text) => {
      expect(isIPv4(text)).toBe(net.isIPv4(text));
      expect(isIPv6(text)).toBe(net.isIPv6(text));
    }),
    { numRuns: 2000 },
  );
});
