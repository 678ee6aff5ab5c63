import { afterEach, describe, expect, test } from "bun:test";
import { openSockets, type Sockets } from "../../../../src/gossip/pool/sockets.ts";
import { tcp } from "../../../../src/platform/tcp-server.ts";
import { udp } from "../../../../src/platform/udp.ts";
import type { DatagramPort } from "../../../../src/ports/datagram.ts";
import { failureOf } from "../../../support/failure-of.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const HANDLERS = {
  datagram: { onMessage: () => undefined, onError: () => undefined },
  onConnection: () => ({ onData: () => undefined, onDrain: () => undefined, onClose: () => undefined }),
  onListenError: () => undefined,
};

async function sockets(address: string, port = 0, datagrams: DatagramPort = udp): Promise<Sockets> {
  const opened = await openSockets({ address, port }, { datagrams, streams: tcp }, HANDLERS);
  open.push(opened);
  return opened;
}

describe("sockets of a pool", () => {
  test.each(["127.88.4.200", "0.0.0.0", "::1", "::"])(
    "%s with port 0: UDP and TCP have the same port",
    async (address) => {
      const { at, datagrams } = await sockets(address);
      expect(at).toEqual({ address, port: datagrams.port });
      expect((await failureOf(sockets(address, at.port))).message).toContain("another program has the port");
    },
  );

  test("port 0 tries again when the port that is free for TCP is taken for UDP", async () => {
    let tries = 0;
    const busy: DatagramPort = {
      ...udp,
      bind: (at, handlers) => {
        if (++tries < 5) throw Object.assign(new Error("busy"), { code: "EADDRINUSE" });
        return udp.bind(at, handlers);
      },
    };
    await sockets("127.88.4.200", 0, busy);
    expect(tries).toBe(5);
  });

  test("a port that only UDP has is named as such, and TCP is let go", async () => {
    const taken = await udp.bind({ address: "127.88.4.200", port: 0 }, HANDLERS.datagram);
    const { name, message } = await failureOf(sockets("127.88.4.200", taken.port));
    expect({ name, message }).toEqual({
      name: "Refusal",
      message: `gossip can't listen on 127.88.4.200:${taken.port} (UDP): another program has the port; stop that one or choose another port`,
    });
    taken.close();
    await sockets("127.88.4.200", taken.port);
  });

  test("an address that the machine does not have is refused in words", async () => {
    expect((await failureOf(sockets("192.0.2.1", 7946))).message).toContain("this machine has no such address");
  });
});
