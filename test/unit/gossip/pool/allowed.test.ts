import { expect, test } from "bun:test";
import { allowedBy } from "../../../../src/gossip/pool/allowed.ts";

test("without a network all are allowed, with some those within one of them", () => {
  expect(allowedBy([])("1.2.3.4")).toBe(true);
  const isAllowed = allowedBy(["10.0.0.0/8", "fd00::/16"]);
  expect(["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"].filter((address) => !isAllowed(address))).toEqual([]);
  expect(["11.0.0.1", "fd01::1", "", "host", "10.0.0.1:80"].filter(isAllowed)).toEqual([]);
});

test("what is no network is refused with an example", () => {
  expect(() => allowedBy(["10.0.0.0"])).toThrow("10.0.0.0 is no network; write it as 10.0.0.0/8");
});
