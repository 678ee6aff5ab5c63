import { describe, expect, test } from "bun:test";
import { TYPE } from "../../../src/codec/dns/types.ts";
import { DNS_CONFIG_DEFAULTS } from "../../../src/dns/config.ts";
import { chooseAddress } from "../../../src/dns/translate.ts";

const TAGGED = { lan_ipv4: "10.0.0.1", lan_ipv6: "2001:db8::1", wan: "198.51.100.1", wan_ipv6: "2001:db8::2" };

describe("dns: which address is answered", () => {
  test("A takes the IPv4 address, AAAA and every other type the IPv6 one", () => {
    const choose = (type: number) => chooseAddress(DNS_CONFIG_DEFAULTS, "dc1", "plain", TAGGED, type);
    expect([TYPE.A, TYPE.AAAA, TYPE.SRV, TYPE.ANY].map(choose)).toEqual([
      "10.0.0.1",
      "2001:db8::1",
      "2001:db8::1",
      "2001:db8::1",
    ]);
  });

  test("without an address of that family the plain one is taken", () => {
    const choose = (tagged: Record<string, string>, type: number) =>
      chooseAddress(DNS_CONFIG_DEFAULTS, "dc1", "plain", tagged, type);
    expect(choose({ lan_ipv6: "2001:db8::1" }, TYPE.A)).toBe("plain");
    expect(choose({ lan_ipv4: "10.0.0.1" }, TYPE.AAAA)).toBe("plain");
    expect(choose({ lan_ipv4: "10.0.0.1" }, TYPE.SRV)).toBe("10.0.0.1");
    expect(choose({}, TYPE.SRV)).toBe("plain");
  });

  test("wide-area addresses are for other datacenters, and only when configured", () => {
    const wide = { ...DNS_CONFIG_DEFAULTS, translateWanAddrs: true };
    expect(chooseAddress(wide, "dc2", "plain", { wan: "198.51.100.1" }, TYPE.A)).toBe("198.51.100.1");
    expect(chooseAddress(wide, "DC1", "plain", { wan: "198.51.100.1" }, TYPE.A)).toBe("plain");
    expect(chooseAddress(DNS_CONFIG_DEFAULTS, "dc2", "plain", { wan: "198.51.100.1" }, TYPE.A)).toBe("plain");
    expect(chooseAddress(wide, "dc2", "plain", TAGGED, TYPE.AAAA)).toBe("2001:db8::2");
  });
});
