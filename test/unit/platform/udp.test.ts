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
