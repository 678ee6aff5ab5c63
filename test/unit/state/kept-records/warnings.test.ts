import { expect, test } from "bun:test";
import { warningsOf } from "../../../../src/state/kept-records/warnings.ts";

test("whoever restores tokens or policies is told that they are not enforced", () => {
  expect(warningsOf({ ACLPolicy: 1 })).toEqual([expect.stringContaining("access control is not enforced")]);
  expect(warningsOf({ Intention: 1, ConnectCA: 1 })).toHaveLength(1);
  expect(warningsOf({ ConnectCA: 1, ConnectCAConfig: 1 })).toEqual([]);
  expect(warningsOf({})).toEqual([]);
});
