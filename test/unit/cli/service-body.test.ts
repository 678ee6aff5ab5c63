import { expect, test } from "bun:test";
import { serviceBody } from "../../../src/cli/service-body.ts";
import { decodeServiceDefinition } from "../../../src/model/definition.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

test("only what was said is sent, so that a server of an older version takes it", () => {
  const service = decodeServiceDefinition({
    Name: "web",
    Port: 80,
    Checks: [{ TTL: "10s" }],
    Connect: { SidecarService: {} },
  });
  expect(serviceBody(service)).toEqual({
    Name: "web",
    Port: 80,
    Checks: [{ TTL: 10_000_000_000 }],
    Connect: { SidecarService: {} },
  });
});

test("empty values under the user's own keys stay", () => {
  const service = decodeServiceDefinition({
    Name: "p",
    Kind: "connect-proxy",
    Meta: { empty: "" },
    Proxy: { DestinationServiceName: "web", Config: { off: false, none: 0 } },
  });
  expect(serviceBody(service)).toMatchObject({
    Meta: { empty: "" },
    Proxy: { DestinationServiceName: "web", Config: { off: false, none: 0 } },
  });
});

test("services register -socket registers a service that is reached by a path", async () => {
  const bodies: unknown[] = [];
  const agent = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      bodies.push(await request.json());
      return new Response();
    },
  });
  try {
    const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${agent.port}` };
    const { stdout } = await runInProcess(["services", "register", "-name=db", "-socket=/run/db.sock"], { env });
    expect(stdout).toBe("Registered service: db\n");
    expect(bodies).toEqual([{ Name: "db", SocketPath: "/run/db.sock" }]);
  } finally {
    await agent.stop(true);
  }
});
