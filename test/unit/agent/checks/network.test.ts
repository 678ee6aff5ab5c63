import { afterAll, expect, test } from "bun:test";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcProbe } from "../../../../src/agent/checks/grpc.ts";
import { h2pingProbe } from "../../../../src/agent/checks/h2ping.ts";
import { httpProbe } from "../../../../src/agent/checks/http.ts";
import { tcpProbe } from "../../../../src/agent/checks/tcp.ts";
import { udpProbe } from "../../../../src/agent/checks/udp.ts";
import { decodeCheckDefinition } from "../../../../src/model/definition.ts";
import { NodeHttpProber } from "../../../../src/platform/http-prober.ts";
import { NodeHttp2Prober } from "../../../../src/platform/http2-prober.ts";
import { NodeSocketProber } from "../../../../src/platform/socket-prober.ts";

const never = new AbortController().signal;
const web = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/redirect") return new Response("", { status: 302, headers: { Location: "/ok" } });
    if (pathname === "/loop") return new Response("", { status: 302, headers: { Location: "/loop" } });
    if (pathname === "/long") return new Response("0123456789".repeat(1000));
    if (pathname === "/hang") return new Promise<Response>(() => undefined);
    if (pathname === "/echo") {
      const seen = ["user-agent", "accept", "x-a", "host"].map((name) => `${name}=${request.headers.get(name)}`);
      return new Response(`${request.method} ${seen.join(" ")} ${await request.text()}`);
    }
    return new Response("body", { status: Number(pathname.slice(1)) || 200 });
  },
});
const health = http2.createServer();
health.on("stream", (stream: http2.ServerHttp2Stream) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    const service = Buffer.concat(chunks).subarray(7).toString();
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    const code = service === "missing" ? "5" : "0";
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": code, "grpc-message": "unknown%20service" }));
    stream.end(code === "0" ? Buffer.from([0, 0, 0, 0, 2, 8, service === "sick" ? 2 : 1]) : undefined);
  });
});
await new Promise<void>((resolve) => health.listen(0, "127.0.0.1", resolve));
const grpcPort = (health.address() as AddressInfo).port;
afterAll(async () => {
  health.close();
  await web.stop(true);
});

const http = (path: string, json: Record<string, unknown> = {}) => {
  const definition = decodeCheckDefinition({ HTTP: `http://127.0.0.1:${web.port}${path}`, Timeout: "2s", ...json });
  return httpProbe(definition, 4096, new NodeHttpProber())(never);
};
const loadHttp2 = async () => new NodeHttp2Prober();
const sockets = new NodeSocketProber();
/** A port that nobody listens on: one that was free a moment ago. */
const closedPort = (() => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  listener.stop(true);
  return listener.port;
})();

test("http: 2xx passes, 429 warns, all else is critical; the output is Consul's", async () => {
  const head = `HTTP GET http://127.0.0.1:${web.port}`;
  expect(await http("/200")).toEqual({ status: "passing", output: `${head}/200: 200 OK Output: body` });
  expect(await http("/429")).toEqual({ status: "warning", output: `${head}/429: 429 Too Many Requests Output: body` });
  expect(await http("/500")).toEqual({
    status: "critical",
    output: `${head}/500: 500 Internal Server Error Output: body`,
  });
  expect((await http("/404")).status).toBe("critical");
});

test("http: method, headers, body and Host are the definition's, the rest Consul's", async () => {
  const own = await http("/echo", { Method: "POST", Body: "hi", Header: { "X-A": ["1", "2"], Host: ["web.local"] } });
  expect(own.output).toEndWith(
    "Output: POST user-agent=Consul Health Check accept=text/plain, text/*, */* x-a=1, 2 host=web.local hi",
  );
});

test("http: redirects are followed unless switched off, ten at most", async () => {
  expect((await http("/redirect")).status).toBe("passing");
  expect((await http("/redirect", { DisableRedirects: true })).output).toContain(": 302 Found Output: ");
  expect((await http("/loop")).output).toBe('Get "/loop": stopped after 10 redirects');
});

test("http: of a long body the end is kept", async () => {
  const { output } = await http("/long");
  expect(output).toEndWith(`200 OK Output: ${"0123456789".repeat(1000).slice(-4096)}`);
});

test("http: no answer in time and no listener are critical in Go's words", async () => {
  const url = `http://127.0.0.1:${web.port}/hang`;
  expect((await http("/hang", { Timeout: "50ms" })).output).toBe(
    `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  );
  expect((await http("", { HTTP: `http://127.0.0.1:${closedPort}` })).output).toBe(
    `Get "http://127.0.0.1:${closedPort}": dial tcp 127.0.0.1:${closedPort}: connect: connection refused`,
  );
  expect((await http("", { HTTP: "foo" })).output).toBe('Get "foo": unsupported protocol scheme ""');
});

test("http: 300 checks at once all get their answer, so one slow service can't starve the others", async () => {
  const results = await Promise.all(Array.from({ length: 300 }, () => http("/200")));
  expect(results.every((result) => result.status === "passing")).toBe(true);
});

test("tcp: who accepts passes, who refuses is critical in Go's words", async () => {
  const tcp = (address: string) => tcpProbe(decodeCheckDefinition({ TCP: address, Timeout: "2s" }), sockets)(never);
  const open = `127.0.0.1:${web.port}`;
  expect(await tcp(open)).toEqual({ status: "passing", output: `TCP connect ${open}: Success` });
  const closed = `127.0.0.1:${closedPort}`;
  expect(await tcp(closed)).toEqual({
    status: "critical",
    output: `dial tcp ${closed}: connect: connection refused`,
  });
  expect((await tcp("127.0.0.1")).output).toBe("dial tcp: address 127.0.0.1: missing port in address");
  expect((await tcp("127.0.0.1:99999")).output).toBe("dial tcp: address 99999: invalid port");
});

test("udp: silence passes, a closed port is critical", async () => {
  const silent = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data: () => undefined } });
  const udp = (port: number) =>
    udpProbe(decodeCheckDefinition({ UDP: `127.0.0.1:${port}`, Timeout: "100ms" }), sockets)(never);
  expect((await udp(silent.port)).status).toBe("passing");
  const { port } = silent;
  silent.close();
  expect(await udp(port)).toEqual({
    status: "critical",
    output: `dial udp 127.0.0.1:${port}: connect: connection refused`,
  });
});

test("grpc: SERVING passes, other statuses, errors and closed ports are critical", async () => {
  const grpc = (target: string) => grpcProbe(decodeCheckDefinition({ GRPC: target, Timeout: "2s" }), loadHttp2)(never);
  const address = `127.0.0.1:${grpcPort}`;
  expect(await grpc(address)).toEqual({ status: "passing", output: `gRPC check ${address}: success` });
  expect((await grpc(`${address}/web`)).status).toBe("passing");
  expect((await grpc(`${address}/sick`)).output).toBe("gRPC application didn't report service healthy");
  expect((await grpc(`${address}/missing`)).output).toBe("rpc error: code = NotFound desc = unknown service");
  const closed = `127.0.0.1:${closedPort}`;
  expect((await grpc(closed)).output).toBe(
    `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial tcp ${closed}: connect: connection refused"`,
  );
});

test("h2ping: who answers a PING passes", async () => {
  const ping = (port: number) => {
    const definition = decodeCheckDefinition({ H2PING: `127.0.0.1:${port}`, H2PingUseTLS: false, Timeout: "2s" });
    return h2pingProbe(definition, loadHttp2)(never);
  };
  expect(await ping(grpcPort)).toEqual({ status: "passing", output: "HTTP2 ping was successful" });
  expect((await ping(closedPort)).status).toBe("critical");
});
