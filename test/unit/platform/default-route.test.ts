import { describe, expect, test } from "bun:test";
import { defaultRoutes, parseIpv4Routes, parseIpv6Routes } from "../../../src/platform/default-route.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

describe("the default route of IPv4", () => {
  test("is that of the lowest metric, with its gateway", () => {
    const text = [
      HEAD,
      "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
      "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0",
      "eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
      "",
    ].join("\n");
    expect(parseIpv4Routes(text)).toEqual({ interface: "eth0", gateway: "10.0.0.1" });
  });

  test("may have no gateway; one that refuses is none, and neither is half the world of a tunnel", () => {
    expect(parseIpv4Routes(`${HEAD}\nwg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n`)).toEqual({
      interface: "wg0",
      gateway: "",
    });
    expect(parseIpv4Routes(`${HEAD}\n*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n`)).toBeUndefined();
    expect(parseIpv4Routes(`${HEAD}\ntun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n`)).toBeUndefined();
    expect(parseIpv4Routes("")).toBeUndefined();
  });
});

describe("the default route of IPv6", () => {
  const zeros = "0".repeat(32);
  const line = (gateway: string, metric: string, flags: string, name: string) =>
    `${zeros} 00 ${zeros} 00 ${gateway} ${metric} 00000001 00000000 ${flags} ${name.padStart(8)}`;

  test("is that of the lowest metric, not the loopback interface's refusal", () => {
    const text = [
      `fd000000000000000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0`,
      line("fe800000000000000000000000000001", "00000400", "00000003", "eth0"),
      line("fe800000000000000000000000000002", "00000258", "00000003", "wlan0"),
      line(zeros, "ffffffff", "00200200", "lo"),
    ].join("\n");
    expect(parseIpv6Routes(text)).toEqual({ interface: "wlan0", gateway: "fe80:0000:0000:0000:0000:0000:0000:0002" });
  });

  test("may have no gateway or not be there", () => {
    expect(parseIpv6Routes(line(zeros, "00000400", "00000001", "wg0"))).toEqual({ interface: "wg0", gateway: "" });
    expect(parseIpv6Routes(line(zeros, "ffffffff", "00200200", "lo"))).toBeUndefined();
  });
});

test("this machine's routes are read, or there are none", () => {
  for (const route of Object.values(defaultRoutes())) expect(route?.interface).not.toBe("");
});
