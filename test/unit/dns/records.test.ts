import { describe, expect, test } from "bun:test";
import { TYPE } from "../../../src/codec/dns/types.ts";
import { DNS_CONFIG_DEFAULTS } from "../../../src/dns/config.ts";
import { chasedRecords, metaRecords, nameServers, soaRecord } from "../../../src/dns/records.ts";

const NODE = { Node: "n", Address: "10.0.0.1", Datacenter: "dc1" };

function texts(meta: Record<string, string>): string[] {
  return metaRecords({ ...NODE, Meta: meta }, "n.node.consul", 0).map((record) =>
    record.type === TYPE.TXT ? new TextDecoder().decode(record.text) : "",
  );
}

describe("dns: records", () => {
  test("metadata is quoted as RFC 1464 says, except under rfc1035- keys", () => {
    expect(texts({ a: "b", "a=b": "c=d", "x`": "y`", " s ": "t" })).toEqual(["a=b", "a`=b=c=d", "x``=y``", "` s` =t"]);
    expect(texts({ "rfc1035-any": "v=spf1 `-all", "RFC1035-X": "y" })).toEqual(["v=spf1 `-all", "y"]);
    expect(texts({ path: "c:\\temp" })).toEqual(["path=c:\\temp"]);
  });

  test("up to three servers are named, those with names that NS cannot carry are not", () => {
    const servers = ["a_b", "One", "two", "three", "four"].map((Node) => ({ ...NODE, Node }));
    const { records, glue } = nameServers(DNS_CONFIG_DEFAULTS, "consul", servers, () => []);
    expect(records.map((record) => "target" in record && record.target)).toEqual([
      "one.node.dc1.consul",
      "two.node.dc1.consul",
      "three.node.dc1.consul",
    ]);
    expect(glue).toHaveLength(3);
  });

  test("under the root domain names have no final label", () => {
    expect(soaRecord(DNS_CONFIG_DEFAULTS, "", 5999)).toMatchObject({ name: "", mname: "ns", serial: 5 });
  });

  test("of what a CNAME leads to, five address and alias records are handed on", () => {
    const a = { name: "x", ttlS: 0, type: TYPE.A, address: Uint8Array.of(1, 2, 3, 4) } as const;
    const txt = { name: "x", ttlS: 0, type: TYPE.TXT, text: new Uint8Array() } as const;
    expect(chasedRecords(() => [txt, a, a, a, txt, a, a, a, a], "x")).toEqual([a, a, a, a, a]);
  });
});
