import dgram from "node:dgram";
import net from "node:net";
import tls from "node:tls";
import type { ProbeTarget, ProbeTls, SocketProber } from "../ports/probes.ts";
import { goNetError, joinHostPort } from "./go-net-error.ts";
import type { ProbeCredentials } from "./http-prober.ts";

/** TCP and UDP questions by node's sockets. */
export class NodeSocketProber implements SocketProber {
  readonly #credentials: () => ProbeCredentials;
  constructor(credentials: () => ProbeCredentials = () => ({})) {
    this.#credentials = credentials;
  }

  tcp(target: ProbeTarget, tlsOf: ProbeTls | undefined, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const address = joinHostPort(target.host, target.port);
    return new Promise((resolve, reject) => {
      const socket = tlsOf === undefined ? net.connect(target) : tls.connect(this.#tlsOptions(target, tlsOf));
      const done = (error?: Error) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        socket.destroy();
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => done(new Error(`dial tcp ${address}: i/o timeout`)), timeoutMs);
      const onAbort = () => done(new Error("operation was canceled"));
      signal.addEventListener("abort", onAbort, { once: true });
      socket.once(tlsOf === undefined ? "connect" : "secureConnect", () => done());
      // Stays for errors that come after the result.
      socket.on("error", (error) => done(goNetError(error, "tcp", address)));
    });
  }

  #tlsOptions(target: ProbeTarget, { skipVerify, serverName }: ProbeTls): tls.ConnectionOptions {
    const name = serverName || (net.isIP(target.host) === 0 ? target.host : "");
    return {
      ...target,
      ...this.#credentials(),
      rejectUnauthorized: !skipVerify,
      ...(name === "" ? {} : { servername: name }),
    };
  }

  udp(target: ProbeTarget, payload: string, timeoutMs: number, signal: AbortSignal): Promise<"answered" | "silent"> {
    const address = joinHostPort(target.host, target.port);
    return new Promise((resolve, reject) => {
      const socket = dgram.createSocket(target.host.includes(":") ? "udp6" : "udp4");
      let isOver = false;
      const finish = (end: () => void) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        socket.close();
        end();
      };
      const timer = setTimeout(() => finish(() => resolve("silent")), timeoutMs);
      const onAbort = () => finish(() => reject(new Error("operation was canceled")));
      signal.addEventListener("abort", onAbort, { once: true });
      const fail = (error: unknown) => finish(() => reject(goNetError(error, "udp", address)));
      socket.on("error", fail);
      socket.on("message", () => finish(() => resolve("answered")));
      // Connected, so that the kernel reports a closed port (ICMP) to this socket.
      socket.connect(target.port, target.host, (error?: unknown) => {
        if (error) fail(error);
        else socket.send(payload, (sendError) => sendError && fail(sendError));
      });
    });
  }
}
