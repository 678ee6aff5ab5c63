import { expect, test } from "bun:test";
import type { KvOperation } from "./consul-kv.ts";
import { type StaleRead, staleComplaints } from "./stale-reads.ts";

const put = (value: string, call: number): KvOperation => ({
  client: "c",
  key: "k",
  input: { f: "put", value },
  call,
  return: call + 1,
  output: true,
});
const read = (call: number, value: string, index: number, more: Partial<StaleRead> = {}): StaleRead => ({
  server: "s1",
  key: "k",
  call,
  return: call + 1,
  pair: { value, index },
  index,
  ...more,
});
const history = [put("a", 0), put("b", 10), put("c", 20)];

test("old values are fine as long as a server does not go back on them", () => {
  expect(staleComplaints([read(50, "a", 1), read(60, "b", 2), read(70, "b", 2)], history)).toEqual([]);
  // Another server, and the same one after a restart, may be older; so may one of two at the same time.
  expect(staleComplaints([read(50, "b", 2), read(60, "a", 1, { server: "s2" })], history)).toEqual([]);
  expect(staleComplaints([read(50, "b", 2, { return: 70 }), read(60, "a", 1)], history)).toEqual([]);
});

test("a server that goes back is found", () => {
  expect(staleComplaints([read(50, "b", 2), read(60, "a", 1)], history)).toEqual(["k on s1 went back from 2 to 1"]);
});

test("a value that nobody wrote, or not yet, is found", () => {
  expect(staleComplaints([read(50, "x", 2)], history)).toEqual(["k@2 is x, which nobody wrote"]);
  expect(staleComplaints([read(5, "c", 2)], history)).toEqual(["k@2 was c before anybody asked to write it"]);
});

test("two values of one index, and a header below the pair's index, are found", () => {
  const seen: KvOperation = { ...put("b", 30), input: { f: "get" }, output: { value: "b", index: 2 } };
  expect(staleComplaints([read(50, "a", 2)], [...history, seen])).toEqual(["k@2 is b and a"]);
  expect(staleComplaints([read(50, "b", 2, { index: 1 })], history)).toEqual(["k@2 came with X-Consul-Index 1"]);
});
