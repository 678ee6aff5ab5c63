import { expect, test } from "bun:test";
import { ORIGIN } from "../../../src/lib/coordinate.ts";
import { datacentersByDistance } from "../../../src/server/datacenters.ts";

const at = (datacenter: string, s?: number) => ({
  datacenter,
  coordinate: s === undefined ? undefined : { ...ORIGIN, Vec: [s, 0, 0, 0, 0, 0, 0, 0] },
});

test("the own datacenter is first, then the nearest by the median of its servers", () => {
  const servers = [at("dc1", 9), at("far", 0.5), at("far", 0.4), at("far", 0.01), at("near", 0.1)];
  expect(datacentersByDistance("dc1", ORIGIN, servers)).toEqual(["dc1", "near", "far"]);
});

test("those that nobody has measured come last, by name", () => {
  expect(datacentersByDistance("dc1", ORIGIN, [at("b"), at("a"), at("c", 1)])).toEqual(["dc1", "c", "a", "b"]);
});

test("without any other server there is the own datacenter", () => {
  expect(datacentersByDistance("dc1", ORIGIN, [])).toEqual(["dc1"]);
});
