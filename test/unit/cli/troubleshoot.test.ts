import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { runInProcess } from "../../support/cli/run-in-process.ts";

const ports = (...words: string[]) => runInProcess(["troubleshoot", "ports", ...words]);

async function listening<T>(body: (port: number) => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    return await body(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    server.close();
  }
}

test("troubleshoot ports says of each port whether it can be reached, in Consul's words", async () => {
  const gone = await listening(async (port) => port);
  const [port, { exit, stdout }] = await listening(
    async (port) => [port, await ports("-host=127.0.0.1", `-ports=${gone},${port}`)] as const,
  );
  expect(exit).toBe(0);
  expect(stdout).toBe(
    `TCP: Port ${gone} on 127.0.0.1 is closed, unreachable, or the connection timed out.\nTCP: Port ${port} on 127.0.0.1 is open.\n`,
  );
});

test("troubleshoot ports takes the host of the agent when none is given", async () => {
  const env = { CONSUL_HTTP_ADDR: "https://127.89.5.9:8501" };
  const { stdout } = await runInProcess(["troubleshoot", "ports", "-format=json"], { env });
  const json = JSON.parse(stdout) as { Host: string; Ports: { Port: number; Open: boolean }[] };
  expect(json.Host).toBe("127.89.5.9");
  expect(json.Ports.map(({ Port }) => Port)).toEqual([8600, 8500, 8501, 8301, 8302, 8300]);
});

test.each(["x", "0", "65536", "1,,2"])("troubleshoot ports refuses -ports=%s", async (list) => {
  expect((await ports(`-ports=${list}`)).stderr).toMatch(/^-ports: ".*" is not a port\n$/);
});
