import { describe, expect, test } from "bun:test";
import type { InterfaceAddress } from "../../../src/config/addresses.ts";
import { chooseAddress } from "../../../src/config/choose-address.ts";
import { hcl, load } from "./fixture.ts";

const at = (name: string, cidr: string, more: Partial<InterfaceAddress> = {}): InterfaceAddress => {
  const [address = "", bits] = cidr.split("/");
  return { interface: name, address, prefixLength: Number(bits), up: true, ...more };
};
const LOOPBACK = [at("lo", "127.0.0.1/8"), at("lo", "::1/128")];

function started(interfaces: readonly InterfaceAddress[], text = "") {
  const { config, warnings } = load([hcl(text)], { machine: { hostname: "h", interfaces } });
  return { config, warnings };
}

describe("of several addresses that one is taken", () => {
  test("whose network the gateway of the default route is in", () => {
    const gateway = { defaultGateway: "10.0.0.1" };
    const several = [
      at("eth1", "172.16.0.9/24"),
      at("eth0", "10.9.0.5/24", gateway),
      at("eth0", "10.0.0.5/24", gateway),
    ];
    expect(chooseAddress(several)).toMatchObject({
      chosen: { address: "10.0.0.5" },
      why: "the default route leaves on eth0",
    });
  });

  test("on the interface of the default route, when that has no gateway or one of another network", () => {
    for (const defaultGateway of ["", "192.0.2.1"]) {
      const several = [at("eth1", "172.16.0.9/24"), at("wg0", "10.0.0.5/32", { defaultGateway })];
      expect(chooseAddress(several)?.chosen.address).toBe("10.0.0.5");
    }
  });

  test("that stays, rather than one that is made for privacy", () => {
    const gateway = { defaultGateway: "fe80::1" };
    const several = [
      at("eth0", "2001:db8::ab/64", { ...gateway, isTemporary: true }),
      at("eth0", "2001:db8::5/64", gateway),
    ];
    expect(chooseAddress(several)?.chosen.address).toBe("2001:db8::5");
  });

  test("that is not of containers, when no default route leads out", () => {
    const several = [at("docker0", "172.17.0.1/16"), at("eth0", "10.0.0.5/24")];
    expect(chooseAddress(several)?.chosen.address).toBe("10.0.0.5");
    expect(chooseAddress([])).toBeUndefined();
  });
});

describe("a node that is told nothing starts whatever addresses its machine has", () => {
  test("one private IPv4 address needs no word", () => {
    const { config, warnings } = started([...LOOPBACK, at("eth0", "10.0.0.5/24"), at("eth1", "8.8.4.4/24")]);
    expect([config.bindAddr, config.advertiseAddr, warnings]).toEqual(["0.0.0.0", "10.0.0.5", []]);
  });

  test("addresses of containers and of interfaces that are down don't count", () => {
    const inner = [
      at("docker0", "172.17.0.1/16"),
      at("br-1f2e", "172.18.0.1/16"),
      at("eth3", "10.9.9.9/24", { up: false }),
    ];
    const { config, warnings } = started([...inner, at("eth0", "10.0.0.5/24")]);
    expect([config.advertiseAddr, warnings]).toEqual(["10.0.0.5", []]);
  });

  test("several: the default route chooses, and one line says which, why, and how to choose otherwise", () => {
    const { config, warnings } = started([
      at("wlan0", "192.168.1.5/24"),
      at("eth0", "10.0.0.5/24", { defaultGateway: "10.0.0.1" }),
    ]);
    expect(config.advertiseAddr).toBe("10.0.0.5");
    expect(config.taggedAddresses).toEqual({
      lan: "10.0.0.5",
      lan_ipv4: "10.0.0.5",
      wan: "10.0.0.5",
      wan_ipv4: "10.0.0.5",
    });
    expect(warnings).toEqual([
      "multiple private IPv4 addresses found (192.168.1.5 on wlan0, 10.0.0.5 on eth0): 10.0.0.5 is advertised, because the " +
        "default route leaves on eth0; set advertise_addr to another address or to an interface's name to choose yourself",
    ]);
  });

  test("several, and no default route: the first", () => {
    const { config, warnings } = started([at("wlan0", "192.168.1.5/24"), at("eth0", "10.0.0.5/24")]);
    expect(config.advertiseAddr).toBe("192.168.1.5");
    expect(warnings[0]).toContain("because the default route leaves on none of their interfaces and it is the first");
  });

  test("only public ones, or only those of containers: one of them, with a word", () => {
    expect(started([at("eth0", "8.8.4.4/24")])).toMatchObject({
      config: { advertiseAddr: "8.8.4.4" },
      warnings: [expect.stringContaining("no private IPv4 address found: 8.8.4.4 on eth0 is advertised")],
    });
    expect(started([at("docker0", "172.17.0.1/16")]).config.advertiseAddr).toBe("172.17.0.1");
  });

  test("no IPv4: IPv6, and it listens there", () => {
    const { config, warnings } = started([...LOOPBACK, at("eth0", "2a00:1450::5/64"), at("eth0", "fe80::5/64")]);
    expect([config.bindAddr, config.advertiseAddr]).toEqual(["::", "2a00:1450::5"]);
    expect(warnings).toEqual([
      "this machine has no IPv4 address: listens on [::] and advertises 2a00:1450::5; set bind_addr to choose",
    ]);
  });

  test("no network: the loopback address, with a word", () => {
    for (const interfaces of [[], LOOPBACK]) {
      const { config, warnings } = started(interfaces);
      expect([config.bindAddr, config.advertiseAddr]).toEqual(["0.0.0.0", "127.0.0.1"]);
      expect(warnings[0]).toStartWith("no address found that others could reach: 127.0.0.1 is advertised");
    }
    expect(started([], 'bind_addr = "::"').config.advertiseAddr).toBe("::1");
  });
});

describe("who binds [::]", () => {
  const machine = [
    at("eth0", "192.168.1.5/24", { defaultGateway: "192.168.1.1" }),
    at("eth0", "fd00::5/64", { defaultGateway: "fe80::1" }),
    at("eth1", "2a00:1450::5/64"),
    at("eth0", "fe80::5/64", { defaultGateway: "fe80::1" }),
  ];

  test("advertises a public IPv6 address, as in Consul, and both families are in the catalog", () => {
    const { config, warnings } = started(machine, 'bind_addr = "::"');
    expect([config.advertiseAddr, warnings]).toEqual(["2a00:1450::5", []]);
    expect(config.taggedAddresses).toEqual({
      lan: "2a00:1450::5",
      lan_ipv4: "192.168.1.5",
      lan_ipv6: "2a00:1450::5",
      wan: "2a00:1450::5",
      wan_ipv4: "192.168.1.5",
      wan_ipv6: "2a00:1450::5",
    });
  });

  test("advertises a private one where there is no public one", () => {
    const { config, warnings } = started(
      machine.filter((each) => each.interface === "eth0"),
      'bind_addr = "[::]"',
    );
    expect([config.bindAddr, config.advertiseAddr]).toEqual(["::", "fd00::5"]);
    expect(warnings[0]).toStartWith("no public IPv6 address found: fd00::5 on eth0 is advertised");
  });
});

test("who binds an address of one link is told that others may not reach it; a zone is nobody else's", () => {
  const { config, warnings } = started([], 'bind_addr = "fe80::5%eth0"');
  expect([config.bindAddr, config.advertiseAddr]).toEqual(["fe80::5%eth0", "fe80::5"]);
  expect(warnings[0]).toStartWith("fe80::5%eth0 means something only on one link");
});
