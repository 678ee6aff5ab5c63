import { describe, expect, test } from "bun:test";
import type { InterfaceAddress } from "../../../src/config/addresses.ts";
import { multicastDns, usableInterfaces } from "../../../src/platform/mdns.ts";
import type { MulticastSocket } from "../../../src/ports/multicast.ts";
import { failureOf } from "../../support/failure-of.ts";

const flags = ["broadcast", "multicast"];
const at = (name: string, address: string, more: Partial<InterfaceAddress> = {}): InterfaceAddress => ({
  ...{ interface: name, address, prefixLength: 24, up: true, flags },
  ...more,
});

describe("the interfaces that take part", () => {
  test("are those with multicast that are up, each once for either family", () => {
    expect(
      usableInterfaces([
        at("lo", "127.0.0.1", { flags: ["loopback"] }),
        at("eth0", "10.0.0.5"),
        at("eth0", "10.0.0.6"),
        at("eth0", "fe80::5"),
        at("eth1", "10.1.0.5", { up: false }),
        at("tun0", "10.2.0.5", { flags: ["point-to-point"] }),
      ]),
    ).toEqual([
      { kind: "udp4", selector: "10.0.0.5" },
      { kind: "udp6", selector: "::%eth0" },
    ]);
  });

  test("may be none, which is an error", async () => {
    const { message } = await failureOf(multicastDns(() => []).open(() => undefined));
    expect(message).toBe("no interface takes part in multicast DNS: there is none with multicast that is up");
  });
});

/** A port of the group that nobody else here uses. */
const PORT = 30_000 + (process.pid % 2000);

test("two members of the group hear each other, on one machine too", async () => {
  const loopback = [at("lo", "127.88.6.1", { prefixLength: 8 })];
  const heard = Promise.withResolvers<string>();
  const answered = Promise.withResolvers<string>();
  const group = multicastDns(() => loopback, PORT);
  const sockets: MulticastSocket[] = [];
  try {
    const first = await group.open((bytes, address, port) => {
      const text = new TextDecoder().decode(bytes);
      if (text !== "question") return;
      heard.resolve(`${text} from ${port}`);
      first.sendTo(new TextEncoder().encode("answer"), address, port);
    });
    sockets.push(first);
    const second = await group.open((bytes) => {
      const text = new TextDecoder().decode(bytes);
      if (text === "answer") answered.resolve(text);
    });
    sockets.push(second);
    second.send(new TextEncoder().encode("question"));
    expect(await heard.promise).toBe(`question from ${PORT}`);
    // Both listen on one port, so that the system may give the answer to either.
    first.send(new TextEncoder().encode("answer"));
    expect(await answered.promise).toBe("answer");
  } finally {
    for (const socket of sockets) socket.close();
  }
});
