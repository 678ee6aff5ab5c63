import { expect, test } from "bun:test";
import { interfaceFlags, machineInterfaces, temporaryAddresses } from "../../../src/platform/interfaces.ts";

test("the machine's own addresses are listed", () => {
  const loopback = machineInterfaces().find((each) => each.address === "127.0.0.1");
  expect(loopback).toMatchObject({ prefixLength: 8, up: true, flags: ["loopback"] });
  expect(loopback?.defaultGateway).toBeUndefined();
});

test("an interface's flags have names", () => {
  expect(interfaceFlags("0x1003\n")).toEqual(["broadcast", "multicast"]);
  expect(interfaceFlags("0x10d1")).toEqual(["point-to-point", "multicast"]);
  expect(interfaceFlags("")).toEqual([]);
});

test("addresses for privacy and those that go out of use are known; those of links are not asked", () => {
  const text = [
    "20010db80000000000000000000000ab 02 40 00 01     eth0",
    "20010db80000000000000000000000ac 02 40 00 20     eth0",
    "20010db8000000000000000000000005 02 40 00 80     eth0",
    "fe800000000000000000000000000005 02 40 20 01     eth0",
    "",
  ].join("\n");
  expect([...temporaryAddresses(text)]).toEqual([
    "20010db80000000000000000000000ab",
    "20010db80000000000000000000000ac",
  ]);
});
