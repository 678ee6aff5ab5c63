import { afterEach, describe, expect, test } from "bun:test";
import { udp } from "../../../src/platform/udp.ts";
import type { DatagramHandlers } from "../../../src/ports/datagram.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function bound(handlers: Partial<DatagramHandlers> = {}) {
  const all = { onMessage: () => undefined, onError: () => undefined, ...handlers };
  const socket = await udp.bind({ address: "127.0.0.1", port: 0 }, all);
  open.push(socket);
  return socket;
}

describe("UDP on Bun", () => {
  test("a message arrives with the address and port of its sender", async () => {
    const got = Promise.withResolvers<[string, number, string]>();
    const receiver = await bound({
      onMessage: (bytes, port, address) => got.resolve([bytes.toString(), port, address]),
    });
    const sender = await bound();
    expect(sender.send(Buffer.from("hello"), receiver.port, "127.0.0.1")).toBe(true);
    expect(await got.promise).toEqual(["hello", sender.port, "127.0.0.1"]);
  });

  test("a larger receive buffer keeps what comes while the program is busy", async () => {
    const kept = async (receiveBufferBytes?: number) => {
      let heard = 0;
      const size = receiveBufferBytes === undefined ? {} : { receiveBufferBytes };
      const handlers = { onMessage: () => void heard++, onError: () => undefined };
      const receiver = await udp.bind({ address: "127.0.0.1", port: 0, ...size }, handlers);
      open.push(receiver);
      const sender = await bound();
      // All in one turn of the event loop: nothing is read meanwhile.
      for (let left = 3000; left > 0; left--) sender.send(Buffer.alloc(1200), receiver.port, "127.0.0.1");
      for (let before = -1; before !== heard; await Bun.sleep(20)) before = heard;
      return heard;
    };
    expect(await kept(2 * 1024 * 1024)).toBeGreaterThan(await kept());
  });

  test("a socket of both families hears and reaches IPv4 and IPv6", async () => {
    const heard = new Set<string>();
    const both = Promise.withResolvers<void>();
    const onMessage = (bytes: Buffer, port: number, address: string) => {
      heard.add(bytes.toString());
      if (!socket.send(Buffer.from("answer"), port, address)) both.reject(new Error(`no answer to ${address}`));
    };
    const socket = await udp.bind({ address: "::", port: 0 }, { onMessage, onError: () => undefined });
    open.push(socket);
    let answers = 0;
    for (const address of ["127.0.0.1", "::1"]) {
      const onAnswer = () => ++answers === 2 && both.resolve();
      const peer = await udp.bind({ address, port: 0 }, { onMessage: () => void onAnswer(), onError: () => undefined });
      open.push(peer);
      expect(peer.send(Buffer.from(address), socket.port, address)).toBe(true);
    }
    await both.promise;
    expect([...heard].sort()).toEqual(["127.0.0.1", "::1"]);
  });

  test("what cannot be sent is false, never an exception", async () => {
    const socket = await bound();
    expect(socket.send(Buffer.from("x"), 0, "127.0.0.1")).toBe(false);
    expect(socket.send(Buffer.from("x"), 53, "::1")).toBe(false);
    expect(socket.send(Buffer.alloc(70_000), 53, "127.0.0.1")).toBe(false);
  });

  test("port unreachable is reported as an error, and the socket stays usable", async () => {
    const failed = Promise.withResolvers<Error>();
    const socket = await bound({ onError: (error) => failed.resolve(error) });
    const gone = await bound();
    const { port } = gone;
    gone.close();
    open.pop();
    socket.send(Buffer.from("x"), port, "127.0.0.1");
    expect(await failed.promise).toMatchObject({ code: "ECONNREFUSED" });
    const got = Promise.withResolvers<void>();
    const receiver = await bound({ onMessage: () => got.resolve() });
    socket.send(Buffer.from("x"), receiver.port, "127.0.0.1");
    await got.promise;
  });

  test("a message is not lost to the error that an earlier one to another peer caused", async () => {
    const socket = await bound();
    const gone = await bound();
    const { port } = gone;
    gone.close();
    open.pop();
    const got = Promise.withResolvers<void>();
    let heard = 0;
    const receiver = await bound({ onMessage: () => ++heard === 5 && got.resolve() });
    for (let i = 0; i < 5; i++) {
      socket.send(Buffer.from("x"), port, "127.0.0.1");
      expect(socket.send(Buffer.from("x"), receiver.port, "127.0.0.1")).toBe(true);
    }
    await got.promise;
  });

  test("a socket that wants to hear of no closed port hears of none, and none of its messages is in the way of another", async () => {
    let errors = 0;
    const handlers = { onMessage: () => undefined, onError: () => void errors++ };
    const socket = await udp.bind({ address: "127.0.0.1", port: 0, reportsUnreachable: false }, handlers);
    open.push(socket);
    const gone = await bound();
    const { port } = gone;
    gone.close();
    open.pop();
    const got = Promise.withResolvers<void>();
    let heard = 0;
    const receiver = await bound({ onMessage: () => ++heard === 50 && got.resolve() });
    for (let i = 0; i < 50; i++) {
      socket.send(Buffer.from("x"), port, "127.0.0.1");
      socket.send(Buffer.from("x"), receiver.port, "127.0.0.1");
    }
    await got.promise;
    expect(errors).toBe(0);
  });

  test("a connected socket hears its peer only", async () => {
    const heard: string[] = [];
    const answered = Promise.withResolvers<void>();
    const stranger = await bound();
    const peer = await bound({
      onMessage: (_, port) => {
        stranger.send(Buffer.from("stranger"), port, "127.0.0.1");
        peer.send(Buffer.from("peer"), port, "127.0.0.1");
      },
    });
    const socket = await udp.connect(
      { address: "127.0.0.1", port: peer.port },
      {
        onMessage: (bytes) => {
          heard.push(bytes.toString());
          answered.resolve();
        },
        onError: () => undefined,
      },
    );
    open.push(socket);
    socket.send(Buffer.from("ask"));
    await answered.promise;
    expect(heard).toEqual(["peer"]);
  });

  test("a busy port is an error with the system's code", async () => {
    const { port } = await bound();
    const handlers = { onMessage: () => undefined, onError: () => undefined };
    await expect(udp.bind({ address: "127.0.0.1", port }, handlers)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
