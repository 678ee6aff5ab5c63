import { describe, expect, test } from "bun:test";
import { expandAddresses } from "../../../src/config/addresses.ts";
import { configOf, hcl, load } from "./fixture.ts";

const MACHINE = [
  { interface: "lo", address: "127.0.0.1", prefixLength: 8, up: true },
  { interface: "eth0", address: "10.0.0.5", prefixLength: 24, up: true },
  { interface: "eth0", address: "fd00::5", prefixLength: 64, up: true },
  { interface: "eth1", address: "192.168.1.5", prefixLength: 24, up: true },
  { interface: "eth2", address: "8.8.4.4", prefixLength: 24, up: true },
  { interface: "eth3", address: "10.9.9.9", prefixLength: 24, up: false },
];

describe("an address may be written as", () => {
  const cases: [string, string[]][] = [
    ["1.2.3.4", ["1.2.3.4"]],
    ["1.2.3.4 ::1", ["1.2.3.4", "::1"]],
    ["eth1", ["192.168.1.5"]],
    ["192.168.0.0/16", ["192.168.1.5"]],
    ["{{ GetPrivateIP }}", ["10.0.0.5"]],
    ["{{ GetPrivateIPs }}", ["10.0.0.5", "192.168.1.5"]],
    ["{{ GetPublicIP }}", ["8.8.4.4"]],
    ['{{ GetInterfaceIP "eth0" }}', ["10.0.0.5"]],
    ["{{ GetInterfaceIP `eth1` }} 127.0.0.1", ["192.168.1.5", "127.0.0.1"]],
    ['{{ GetInterfaceIP "lo" }}', []],
    ['{{ GetAllInterfaces | include "network" "10.0.0.0/8" | exclude "name" "eth3" | attr "address" }}', ["10.0.0.5"]],
    ['{{ GetAllInterfaces | include "name" "eth1" | join "address" " " }}', ["192.168.1.5"]],
    ['{{ GetAllInterfaces | include "rfc" "1918" | include "flags" "up" | limit 1 | attr "address" }}', ["10.0.0.5"]],
    ['{{ GetAllInterfaces | include "type" "IPv6" | attr "address" }}', ["fd00::5"]],
    ["unix:///run/muster.sock", ["unix:///run/muster.sock"]],
  ];
  for (const [text, expected] of cases) test(text, () => expect(expandAddresses(text, MACHINE)).toEqual(expected));
});

test("a template that cannot be read is refused by name", () => {
  expect(() => expandAddresses("{{ GetFoo }}", MACHINE)).toThrow('function "GetFoo" not defined');
  expect(() => expandAddresses('{{ GetPrivateIPs | include "x" "y" }}', MACHINE)).toThrow('unsupported filter "x"');
  expect(() => expandAddresses("{{ GetPrivateIP", MACHINE)).toThrow("unable to parse");
});

describe("the advertised address", () => {
  test("is the first private one, and a warning tells that there was a choice", () => {
    const { config, warnings } = load([], { machine: { hostname: "h", interfaces: MACHINE } });
    expect(config.advertiseAddr).toBe("10.0.0.5");
    expect(warnings).toEqual([
      "several addresses could be advertised (10.0.0.5, 192.168.1.5): took the first, 10.0.0.5; set advertise_addr to choose",
    ]);
  });

  test("of a machine without a network is the loopback one", () => {
    const { config, warnings } = load([], { machine: { hostname: "h", interfaces: [] } });
    expect(config.advertiseAddr).toBe("127.0.0.1");
    expect(warnings[0]).toStartWith("no private address found");
  });

  test("gives the node's tagged addresses", () => {
    const config = configOf('advertise_addr_wan = "1.2.3.4" advertise_addr_ipv6 = "fd00::9"');
    expect(config.taggedAddresses).toEqual({
      lan: "10.0.0.5",
      lan_ipv4: "10.0.0.5",
      lan_ipv6: "fd00::9",
      wan: "1.2.3.4",
      wan_ipv4: "1.2.3.4",
    });
  });
});

test("single listeners may have addresses of their own", () => {
  const { config } = load([hcl('client_addr = "127.0.0.1 ::1" addresses { http = "unix:///run/m.sock 10.0.0.5" }')]);
  expect(config.addresses.http).toEqual(["unix:///run/m.sock", "10.0.0.5"]);
  expect(config.addresses.dns).toEqual(["127.0.0.1", "::1"]);
});
