import { describe, expect, test } from "bun:test";
import { difference, same } from "./harness/compare.ts";
import { parseJson } from "./harness/json.ts";
import { type Known, normalise } from "./harness/normalise.ts";
import { OTHER_NODE, withoutOtherNode } from "./harness/other-node.ts";
import { problems } from "./harness/report.ts";
import type { Answer, HttpAnswer, Json } from "./harness/types.ts";

const SESSION = "11111111-2222-4333-8444-555555555555";
const OTHER = "99999999-2222-4333-8444-555555555555";

const known: Known = {
  ports: { http: 23001, dns: 23002, serfLan: 23003, serfWan: 23004, server: 23005 },
  dir: "/somewhere/odd",
  startIndex: 10,
  captured: new Map([["mine", SESSION]]),
  literal: new Set<string>(),
};

function http(json: Json, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: "http", status: 200, headers, layout: "compact", json };
}

function cleaned(json: Json, headers: Record<string, string> = {}): HttpAnswer {
  return normalise(http(json, headers), known) as HttpAnswer;
}

describe("normalising", () => {
  test("indexes become ranks that still tell equal from newer, and the start from the rest", () => {
    const { json, headers } = cleaned({ CreateIndex: 40, ModifyIndex: 7, LockIndex: 3 }, { "x-consul-index": "41" });
    expect(json).toEqual({ CreateIndex: "<index1>", ModifyIndex: "<start>", LockIndex: 3 });
    expect(headers).toEqual({ "x-consul-index": "<index2>" });
    expect(cleaned({ CreateIndex: 0 }).json).toEqual({ CreateIndex: 0 });
  });

  test("a captured UUID keeps its name, others are numbered in order", () => {
    expect(cleaned([OTHER, SESSION, OTHER]).json).toEqual(["<uuid1>", "@{mine}", "<uuid1>"]);
  });

  test("ports, paths and times go; numbers that merely contain a port stay", () => {
    const texts = ["127.0.0.1:23001", "/somewhere/odd/x", "2026-01-02T03:04:05.6Z", "123001"];
    expect(cleaned([...texts, 23005]).json).toEqual([
      "127.0.0.1:<http-port>",
      "<dir>/x",
      "<time>",
      "123001",
      "<server-port>",
    ]);
  });

  test("integers beyond 2^53 keep every digit", () => {
    expect(parseJson('{"Flags":18446744073709551615}')).toEqual({ Flags: "18446744073709551615n" });
  });

  test("headers that say nothing of the answer are left out", () => {
    const headers = { date: "now", "content-length": "3", "x-own": "1", allow: "OPTIONS,GET" };
    expect(cleaned(null, headers).headers).toEqual({ allow: "OPTIONS,GET", "x-own": "1" });
  });
});

describe("through a client, the node that the recording does not know is taken out of", () => {
  const other = { Node: OTHER_NODE, Address: "127.0.0.1" };
  const recorded = { Node: "n1", Address: "127.0.0.1" };
  const shown = (stdout: string) => withoutOtherNode({ kind: "cli", exit: 0, stdout, stderr: "" });

  test("lists of nodes, members, checks and instances", () => {
    const members = [{ Name: OTHER_NODE }, { Name: "n1" }];
    expect(withoutOtherNode(http([[other, recorded], members, [{ Node: other, Checks: [] }]]))).toEqual(
      http([[recorded], [{ Name: "n1" }], []]),
    );
  });

  test("tables, and what a watch prints", () => {
    const table = (rows: string) => `Node  Address\n${rows}n1    127.0.0.1\n`;
    expect(shown(table(`${OTHER_NODE}    127.0.0.1\n`))).toEqual(shown(table("")));
    const watched = (nodes: Json) => `${JSON.stringify(nodes, null, 4)}\n`;
    expect(shown(watched([other, recorded]))).toEqual(shown(watched([recorded])));
  });

  test("nothing else", () => {
    expect(withoutOtherNode(http(other))).toEqual(http(other));
    expect(shown(`no ${OTHER_NODE}`)).toMatchObject({ stdout: `no ${OTHER_NODE}` });
  });
});

describe("comparing", () => {
  test("the order of keys does not count, that of items does", () => {
    expect(same(http({ a: 1, b: 2 }), http({ b: 2, a: 1 }))).toBe(true);
    expect(same(http([1, 2]), http([2, 1]))).toBe(false);
  });

  test("a difference shows both sides and leaves out what is far from it", () => {
    const lines = difference(http({ a: 1, b: [1, 2, 3, 4, 5, 6] }), http({ a: 2, b: [1, 2, 3, 4, 5, 6] }));
    expect(lines).toContain('-     "a": 1');
    expect(lines).toContain('+     "a": 2');
    expect(lines.join("\n")).not.toContain("5");
  });
});

describe("a replay fails on", () => {
  const answer: Answer = http(1);
  const outcome = { id: "kv/x", recorded: { request: "GET /", answer }, got: answer, same: true };
  const report = (change: object) => problems([{ name: "kv", outcomes: [{ ...outcome, ...change }] }], []);

  test("an unlisted difference, a listed one that is gone, an id that no exchange has, a missing server", () => {
    expect(report({ same: false, got: http(2) })).toContain("kv/x");
    expect(report({ reason: "why" })).toContain("no longer differs");
    expect(problems([], ["kv/gone"])).toContain("no such exchange");
    expect(problems([{ name: "kv", outcomes: [], startFailure: "no leader" }], [])).toContain("no leader");
  });

  test("nothing else", () => {
    expect(report({})).toBe("");
    expect(report({ same: false, got: http(2), reason: "why" })).toBe("");
  });
});
