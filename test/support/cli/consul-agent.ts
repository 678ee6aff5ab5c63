import { createServer } from "node:net";

export interface ConsulAgent {
  readonly address: string;
  stop(): Promise<void>;
}

const PORT_FLAGS = ["-http-port", "-dns-port", "-serf-lan-port", "-serf-wan-port", "-server-port"];

/** Starts a real `consul agent -dev` named n1, with more flags, and waits until it leads and its catalog holds itself. */
export async function startConsul(consul: string, more: readonly string[] = []): Promise<ConsulAgent> {
  const ports = await freePorts(PORT_FLAGS.length);
  const flags = PORT_FLAGS.flatMap((flag, at) => [flag, String(ports[at])]);
  const child = Bun.spawn(
    [consul, "agent", "-dev", "-node", "n1", "-bind", "127.0.0.1", "-grpc-port", "-1", ...flags, ...more],
    {
      stdout: "ignore",
      stderr: "ignore",
    },
  );
  const address = `127.0.0.1:${ports[0]}`;
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  try {
    await until(async () => {
      // The leader writes the node first, without its metadata; the agent adds that a moment later.
      const nodes: unknown = await (await fetch(`http://${address}/v1/catalog/service/consul?passing`)).json();
      return Array.isArray(nodes) && nodes.length > 0 && nodes[0].NodeMeta !== null;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

const POLL_MS = 50;
const START_MS_MAX = 20_000;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + START_MS_MAX;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error("the agent did not start in time");
    await Bun.sleep(POLL_MS);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
