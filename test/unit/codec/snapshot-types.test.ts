import { expect, test } from "bun:test";
import { nameOfRecord } from "../../../src/codec/snapshot-types.ts";
import { RECORD_KINDS } from "../../../src/state/records/table.ts";

test("every type of record that is read has Consul's name, others are named by their number", () => {
  expect(RECORD_KINDS.map(({ type }) => nameOfRecord(type)).filter((name) => name.startsWith("Unknown"))).toEqual([]);
  expect([nameOfRecord(2), nameOfRecord(42), nameOfRecord(99)]).toEqual(["KVS", "Resource", "Unknown(99)"]);
});
