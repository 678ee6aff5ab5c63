import { describe, expect, test } from "bun:test";
import { expandAddresses } from "../../../src/config/expand-addresses.ts";
import { MACHINE } from "../../fixtures/sockaddr-templates.ts";
import { configOf, hcl, load } from "./fixture.ts";

describe("an address may be written as", () => {
  const cases: [string, string[]][] = [
    ["1.2.3.4", ["1.2.3.4"]],
    ["1.2.3.4 ::1", ["1.2.3.4", "::1"]],
    ["fe80::5%eth0", ["fe80::5%eth0"]],
    ["eth0", ["192.168.1.5"]],
    ["eth1", ["10.0.0.5"]],
    ["lo", ["127.0.0.1"]],
    ["192.168.0.0/16", ["192.168.1.5"]],
    ["10.0.0.0/8", ["10.0.0.5"]],
    ["10.0.0.6/32", ["10.0.0.6"]],
    ["fd00::/8", ["fd00::5"]],
    ["{{ GetPrivateIP }}", ["10.0.0.5"]],
    ["{{ GetInterfaceIP `eth1` }} 127.0.0.1", ["10.0.0.5", "127.0.0.1"]],
    ['{{ GetInterfaceIP "lo" }}', []],
    ['{{ GetAllInterfaces | include "flags" "up|loopback" | limit 1 | attr "name" }}', ["127.0.0.1"]],
    ["unix:///run/muster.sock", ["unix:///run/muster.sock"]],
  ];
  for (const [text, expected] of cases) test(text, () => expect(expandAddresses(text, MACHINE)).toEqual(expected));
});

test("a family is asked for where only one of them counts", () => {
  expect(expandAddresses("eth0", MACHINE, "ipv6")).toEqual(["fd00::5"]);
  expect(expandAddresses("::/0", MACHINE, "ipv6")).toEqual(["fd00::5"]);
});

test("what is no address, interface or network of this machine stays as it is", () => {
  expect(expandAddresses("eth9 172.16.0.0/12", MACHINE)).toEqual(["eth9", "172.16.0.0/12"]);
});

test("a template that can't be read is refused by name, and so is one without end", () => {
  expect(() => expandAddresses("{{ GetFoo }}", MACHINE)).toThrow('function "GetFoo" not defined');
  expect(() => expandAddresses("x".repeat(5000), MACHINE)).toThrow("address exceeds 4096 characters");
});

describe("every key of an address takes an interface, a network and a template", () => {
  const machine = { hostname: "h", interfaces: MACHINE };
  const asked = (text: string) => load([hcl(text)], { machine }).config;
  test("bind_addr, client_addr, advertise_addr, advertise_addr_wan, serf_lan, serf_wan and addresses", () => {
    const config = asked(`
      bind_addr = "eth0" client_addr = "lo {{ GetInterfaceIP \\"eth0\\" }}" advertise_addr = "10.0.0.0/8"
      advertise_addr_wan = "eth2" serf_lan = "eth1" serf_wan = "{{ GetPublicIP }}"
      addresses { http = "eth1" dns = "lo" https = "10.0.0.0/24" grpc = "eth2" }
    `);
    expect(config).toMatchObject({
      bindAddr: "192.168.1.5",
      clientAddrs: ["127.0.0.1", "192.168.1.5"],
      advertiseAddr: "10.0.0.5",
      advertiseAddrWan: "8.8.4.4",
      serfLan: "10.0.0.5",
      serfWan: "8.8.4.4",
      addresses: { http: ["10.0.0.5"], dns: ["127.0.0.1"], https: ["10.0.0.5"], grpc: ["8.8.4.4"] },
    });
  });

  test("the tagged addresses, each of its own family", () => {
    const config = asked('bind_addr = "eth1" advertise_addr_ipv6 = "eth0" advertise_addr_wan_ipv6 = "eth2"');
    expect(config.taggedAddresses).toEqual({
      lan: "10.0.0.5",
      lan_ipv4: "10.0.0.5",
      lan_ipv6: "fd00::5",
      wan: "10.0.0.5",
      wan_ipv4: "10.0.0.5",
      wan_ipv6: "2a00:1450::5",
    });
  });

  test("with the reason when there is none", () => {
    expect(() => asked('bind_addr = "eth9"')).toThrow(
      'bind_addr cannot be empty: "eth9" is neither an address nor an interface with one (lo, eth0, eth1, eth2, eth3)',
    );
    expect(() => asked('bind_addr = "172.16.0.0/12"')).toThrow("no address of this machine is in 172.16.0.0/12");
    expect(() => asked('advertise_addr = "eth9"')).toThrow("advertise_addr: invalid ip address: eth9");
  });
});

test("single listeners may have addresses of their own", () => {
  const { config } = load([hcl('client_addr = "127.0.0.1 ::1" addresses { http = "unix:///run/m.sock 10.0.0.5" }')]);
  expect(config.addresses.http).toEqual(["unix:///run/m.sock", "10.0.0.5"]);
  expect(config.addresses.dns).toEqual(["127.0.0.1", "::1"]);
});

test("tagged addresses are those that are given beside the one that is advertised", () => {
  const config = configOf('advertise_addr_wan = "1.2.3.4" advertise_addr_ipv6 = "fd00::9"');
  expect(config.taggedAddresses).toEqual({
    lan: "10.0.0.5",
    lan_ipv4: "10.0.0.5",
    lan_ipv6: "fd00::9",
    wan: "1.2.3.4",
    wan_ipv4: "1.2.3.4",
  });
});
