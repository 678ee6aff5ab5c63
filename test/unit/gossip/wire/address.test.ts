import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressBytes, addressText } from "../../../../src/gossip/wire/address.ts";

const bytes = (text: string) => addressBytes(text).toHex();
const text = (hex: string) => addressText(Uint8Array.fromHex(hex));

describe("addresses", () => {
  test("IPv4 has four bytes", () => {
    expect(bytes("127.0.0.1")).toBe("7f000001");
    expect(text("0a14ff00")).toBe("10.20.255.0");
    expect(bytes("0.0.0.0")).toBe("00000000");
  });

  test("IPv6 has sixteen, and is printed as RFC 5952 has it", () => {
    const cases = {
      "::": "00".repeat(16),
      "::1": `${"00".repeat(15)}01`,
      "fd00::": `fd00${"00".repeat(14)}`,
      "2001:db8::1:0:0:1": "20010db8000000000001000000000001",
      "2001:db8:0:1:1:1:1:1": "20010db8000000010001000100010001",
      "1:2:3:4:5:6:7:8": "00010002000300040005000600070008",
    };
    for (const [address, hex] of Object.entries(cases)) {
      expect(bytes(address)).toBe(hex);
      expect(text(hex)).toBe(address);
    }
    expect(bytes("2001:DB8::192.0.2.1")).toBe("20010db80000000000000000c0000201");
  });

  test("IPv6 texts are those of the URL standard, which has the same rule", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.array(fc.nat(15)), (address, zeros) => {
        for (const at of zeros) address[at] = 0;
        const groups = Buffer.from(address).toString("hex").match(/.{4}/g) ?? [];
        const expected = new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
        if (expected.startsWith("::ffff:")) return;
        expect(addressText(address)).toBe(expected);
        expect(addressBytes(expected)).toEqual(address);
      }),
    );
  });

  test("an IPv4 address in the form of an IPv6 one is the IPv4 address, as Go prints it", () => {
    expect(text("00000000000000000000ffff0a000001")).toBe("10.0.0.1");
    expect(bytes("::ffff:10.0.0.1")).toBe("00000000000000000000ffff0a000001");
  });

  test("another number of bytes is no address", () => {
    for (const hex of ["", "7f", "7f0000", "7f00000100", "00".repeat(15), "00".repeat(17)]) {
      expect(text(hex)).toBeUndefined();
    }
  });

  test("a text that is no address is a programmer's error", () => {
    for (const name of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "01.2.3.4",
      "1..2.3",
      ".1.2.3",
      "1:2",
      "fe80::1%eth0",
    ]) {
      expect(() => addressBytes(name)).toThrow("is not an IP address");
    }
  });
});
