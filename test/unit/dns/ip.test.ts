import { describe, expect, test } from "bun:test";
import { hexOfIp, ipOfHex, ipOfReverse, ipText, parseIp } from "../../../src/dns/ip.ts";

describe("dns: addresses", () => {
  test("only an IP is an IP, and IPv4 in IPv6 counts as IPv4", () => {
    expect(parseIp("10.0.0.1")).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(parseIp("::ffff:10.0.0.1")).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(parseIp("2001:db8::1")).toHaveLength(16);
    for (const text of ["", "host", "10.0.0.256", "10.0.0", "1e1.0.0.1", "fe80::1%eth0", "0x7f.0.0.1", "127.1"])
      expect(parseIp(text)).toBeUndefined();
  });

  test("the addr label and back", () => {
    for (const text of ["10.0.0.1", "2001:db8::6"]) {
      const bytes = parseIp(text) as Uint8Array;
      expect(ipOfHex(hexOfIp(bytes))).toEqual(bytes);
      expect(ipText(bytes)).toBe(text);
    }
    expect(ipOfHex("0a00")).toBe("odd");
    expect(ipOfHex("0a000001f")).toBe("bad");
    expect(ipOfHex("zz000001")).toBe("bad");
  });

  test("reverse names give the canonical text, and incomplete ones nothing", () => {
    expect(ipOfReverse("4.3.2.1.in-addr.arpa")).toBe("1.2.3.4");
    expect(ipOfReverse("6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")).toBe("2001:db8::6");
    for (const name of ["3.2.1.in-addr.arpa", "300.3.2.1.in-addr.arpa", "6.ip6.arpa", "in-addr.arpa"])
      expect(ipOfReverse(name)).toBeUndefined();
  });
});
