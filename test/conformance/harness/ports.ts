import { createSocket } from "node:dgram";
import { createServer } from "node:net";

export interface Ports {
  readonly http: number;
  readonly dns: number;
  readonly serfLan: number;
  readonly serfWan: number;
  readonly server: number;
}

/** Below the ephemeral range, so that no outgoing connection takes them before the server does; five digits each. */
const PORT_MIN = 23_000;
const PORT_MAX = 32_000;
const handedOut = new Set<number>();

/** Ports that nothing listens on and that were not given before. */
export async function freePorts(): Promise<Ports> {
  const found: number[] = [];
  while (found.length < 5) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (!handedOut.has(port) && (await isFree(port))) {
      handedOut.add(port);
      found.push(port);
    }
  }
  const [http = 0, dns = 0, serfLan = 0, serfWan = 0, server = 0] = found;
  return { http, dns, serfLan, serfWan, server };
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket("udp4");
  const bound = (emitter: typeof tcp | typeof udp, bind: () => void) =>
    new Promise<boolean>((resolve) => {
      emitter.once("error", () => resolve(false));
      emitter.once("listening", () => resolve(true));
      bind();
    });
  const free =
    (await bound(tcp, () => tcp.listen(port, "127.0.0.1"))) && (await bound(udp, () => udp.bind(port, "127.0.0.1")));
  tcp.close();
  udp.close();
  return free;
}
