import { expect, test } from "bun:test";
import { buildCheck, buildService } from "../../../../src/agent/local/build.ts";
import { sameCheck, sameNode, sameService } from "../../../../src/agent/sync/same.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../../../../src/model/definition.ts";

const service = buildService(
  decodeServiceDefinition({ Name: "web", Port: 80, Proxy: { Config: { a: { b: 1, c: 2 } } } }),
);
const { check } = buildCheck("n1", decodeCheckDefinition({ Name: "c", TTL: "1s" }), undefined);

test("sync: null, absent and empty are the same, indexes and the order of keys don't count", () => {
  const there = { ...service, Tags: [], Meta: {}, CreateIndex: 9, ModifyIndex: 9, TaggedAddresses: {} };
  expect(sameService(service, { ...there, Proxy: { Expose: {}, Config: { a: { c: 2, b: 1 } } } })).toBe(true);
});

test("sync: any other difference counts", () => {
  expect(sameService(service, { ...service, Port: 81 })).toBe(false);
  expect(sameService(service, { ...service, Tags: ["a"] })).toBe(false);
  expect(sameService(service, { ...service, Proxy: { Config: { a: { b: 1 } } } })).toBe(false);
  expect(sameCheck(check, { ...check, Output: "x" })).toBe(false);
});

test("sync: a check's copy of its service's name and tags doesn't count", () => {
  expect(sameCheck(check, { ...check, ServiceName: "theirs", ServiceTags: ["theirs"] })).toBe(true);
});

test("sync: the node's record is wrong when its id, address, tagged addresses or metadata are", () => {
  const own = { datacenter: "dc1", id: "i", name: "n1", address: "a", taggedAddresses: { lan: "a" }, meta: { k: "v" } };
  const record = { ID: "i", Node: "n1", Address: "a", Datacenter: "dc1", CreateIndex: 1, ModifyIndex: 1 };
  const full = { ...record, TaggedAddresses: { lan: "a" }, Meta: { k: "v" } };
  expect(sameNode(full, own)).toBe(true);
  expect(sameNode(null, own)).toBe(false);
  expect(sameNode({ ...full, ID: "j" }, own)).toBe(false);
  expect(sameNode({ ...full, Meta: {} }, own)).toBe(false);
});
