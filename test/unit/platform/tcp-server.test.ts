import { afterEach, describe, expect, test } from "bun:test";
import { tcp } from "../../../src/platform/tcp-server.ts";
import type { StreamConnection, StreamHandlers } from "../../../src/ports/stream.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const IDLE: StreamHandlers = { onData: () => undefined, onDrain: () => undefined, onClose: () => undefined };

async function listen(connectionsMax: number, handlers: (connection: StreamConnection) => StreamHandlers) {
  const at = { address: "127.0.0.1", port: 0, connectionsMax };
  const listener = await tcp.listen(at, handlers, () => undefined);
  open.push(listener);
  return { address: listener.address, port: listener.port, timeoutMs: 5000 };
}

async function dial(at: { address: string; port: number; timeoutMs: number }, onData = (_: Buffer): void => undefined) {
  const closed = Promise.withResolvers<Error | undefined>();
  const connection = await tcp.connect(at, { onData, onDrain: () => undefined, onClose: (e) => closed.resolve(e) });
  open.push({ close: () => connection.destroy() });
  return { connection, closed: closed.promise };
}

describe("TCP on node:net", () => {
  test("over the cap a peer is cut at once, and a place that is free again is given again", async () => {
    let accepted = 0;
    const at = await listen(1, (connection) => {
      accepted++;
      return { ...IDLE, onData: (bytes) => void connection.write(bytes) };
    });
    const got = Promise.withResolvers<void>();
    const first = await dial(at, () => got.resolve());
    first.connection.write(Buffer.from("x"));
    await got.promise;
    await (await dial(at)).closed;
    expect(accepted).toBe(1);
    first.connection.destroy();
    await first.closed;
    while (accepted < 2) {
      await dial(at);
      await new Promise(setImmediate);
    }
    expect(accepted).toBe(2);
  });

  test("a peer that does not read makes write false, and drain follows when it reads", async () => {
    const drained = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    const at = await listen(1, (connection) => {
      while (connection.write(new Uint8Array(65_536)));
      full.resolve();
      return { ...IDLE, onDrain: () => drained.resolve() };
    });
    const { connection } = await dial(at);
    connection.pause();
    await full.promise;
    connection.resume();
    await drained.promise;
  });

  test("writing to a connection that is gone neither throws nor counts as written", async () => {
    const at = await listen(1, () => IDLE);
    const { connection, closed } = await dial(at);
    connection.destroy();
    await closed;
    expect(connection.write(Buffer.from("x"))).toBe(false);
  });

  test("a refused connection and a busy port are errors with the system's code", async () => {
    const at = await listen(1, () => IDLE);
    await expect(
      tcp.listen(
        { ...at, connectionsMax: 1 },
        () => IDLE,
        () => undefined,
      ),
    ).rejects.toMatchObject({ code: "EADDRINUSE" });
    for (const one of open.splice(0)) one.close();
    await expect(tcp.connect(at, IDLE)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
