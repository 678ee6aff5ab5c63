import { describe, expect, test } from "bun:test";
import {
  conflictOf,
  decodeIntroduction,
  decodeRefused,
  encodeIntroduction,
  encodeRefused,
  type Introduction,
  PROTOCOL_VERSION,
  versionConflict,
} from "../../../src/rpc/hello.ts";
import { helloOf } from "../../support/rpc/hello.ts";

const own: Introduction = { instance: "i1", hello: helloOf("a", { clusterId: "one" }) };
const other = (change: Parameters<typeof helloOf>[1], nodeId = "b"): Introduction => ({
  instance: "i2",
  hello: helloOf(nodeId, { clusterId: "one", ...change }),
});

describe("introductions", () => {
  test("come back as they were, and what a newer program adds is left out", () => {
    const introduction = other({ known: [{ nodeId: "c", address: "h:1" }], nodeMeta: { rack: "7" } });
    expect(decodeIntroduction(encodeIntroduction(introduction))).toEqual(introduction);
    const newer = { ...introduction, hello: { ...introduction.hello, shoeSize: 42 } };
    expect(decodeIntroduction(encodeIntroduction(newer))).toEqual(introduction);
  });

  test("of another version give the version only, whatever else they have", () => {
    expect(decodeIntroduction(Buffer.from('{"hello":{"protocol":9}}'))).toEqual({ protocol: 9 });
    expect(versionConflict(own, 9).text).toContain(`${PROTOCOL_VERSION} and 9`);
  });

  test.each(["", "[]", "{", '{"hello":{}}', `{"hello":{"protocol":${PROTOCOL_VERSION}}}`])("are none: %p", (text) => {
    expect(decodeIntroduction(Buffer.from(text))).toBeUndefined();
  });

  test("with too much in them are none", () => {
    const known = Array.from({ length: 300 }, (_, at) => ({ nodeId: `n${at}`, address: "h:1" }));
    expect(decodeIntroduction(encodeIntroduction(other({ known })))).toBeUndefined();
    expect(decodeIntroduction(encodeIntroduction(other({ nodeName: "x".repeat(600) })))).toBeUndefined();
  });
});

describe("two servers don't connect", () => {
  test("when they are of two clusters; one that has none yet may connect to any", () => {
    const refused = conflictOf(own, other({ clusterId: "two" }));
    expect(refused?.text).toBe(
      '"name-a" (a.test:8300) belongs to cluster one and "name-b" (b.test:8300) to two; to make one join the other, empty its data directory',
    );
    expect(refused).toMatchObject({ code: "foreign", nodeId: "a" });
    expect(conflictOf(own, other({ clusterId: "" }))).toBeUndefined();
    expect(conflictOf(own, other({ clusterId: "one" }))).toBeUndefined();
  });

  test("when they are of two datacenters", () => {
    expect(conflictOf(own, other({ datacenter: "dc2" }))?.text).toBe(
      '"name-a" (a.test:8300) is of datacenter "dc1" and "name-b" (b.test:8300) of "dc2"',
    );
  });

  test("when both have the same node id: one is a copy, or it is the same process", () => {
    expect(conflictOf(own, other({}, "a"))?.text).toContain("both servers have the node id a");
    expect(conflictOf(own, own)).toMatchObject({ code: "self" });
  });
});

describe("refusals", () => {
  test("come back as they were", () => {
    const refused = conflictOf(own, other({ clusterId: "two" }));
    expect(refused === undefined ? undefined : decodeRefused(encodeRefused(refused))).toEqual(refused);
  });

  test.each(["", "{}", '{"code":"other","text":"","nodeId":"a"}'])("are none: %p", (text) => {
    expect(decodeRefused(Buffer.from(text))).toBeUndefined();
  });
});
