import { type AddressInfo, createServer, connect as netConnect, type Socket } from "node:net";
import type { StreamConnection, StreamHandlers, StreamListener, StreamPort } from "../ports/stream.ts";

/** TCP on `node:net`, which queues what the kernel does not take yet. */
export const tcp: StreamPort = { listen, connect };

function listen(
  at: { address: string; port: number; connectionsMax: number },
  onConnection: (connection: StreamConnection) => StreamHandlers,
  onError: (error: Error) => void,
): Promise<StreamListener> {
  let open = 0;
  const server = createServer((socket) => {
    if (open >= at.connectionsMax) {
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return;
    }
    open++;
    socket.once("close", () => open--);
    attach(socket, onConnection(wrap(socket)));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: at.address, port: at.port }, () => {
      server.off("error", reject);
      server.on("error", onError);
      const bound = server.address() as AddressInfo;
      resolve({ address: bound.address, port: bound.port, close: () => server.close() });
    });
  });
}

function connect(
  to: { address: string; port: number; timeoutMs: number },
  handlers: StreamHandlers,
): Promise<StreamConnection> {
  return new Promise((resolve, reject) => {
    const socket = netConnect({ host: to.address, port: to.port });
    const timer = setTimeout(() => fail(new Error("connect timeout")), to.timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      attach(socket, handlers);
      resolve(wrap(socket));
    });
  });
}

function attach(socket: Socket, handlers: StreamHandlers): void {
  let failure: Error | undefined;
  socket.setNoDelay(true);
  socket.on("data", (bytes: Buffer) => handlers.onData(bytes));
  socket.on("drain", () => handlers.onDrain());
  socket.on("error", (error) => {
    failure = error;
  });
  socket.once("close", () => handlers.onClose(failure));
}

function wrap(socket: Socket): StreamConnection {
  return {
    remoteAddress: socket.remoteAddress ?? "",
    remotePort: socket.remotePort ?? 0,
    write: (bytes) => !socket.destroyed && socket.writable && socket.write(bytes),
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    end: () => {
      socket.end();
    },
    destroy: () => {
      socket.destroy();
    },
  };
}
