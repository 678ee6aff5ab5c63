import { afterAll, expect, test } from "bun:test";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { h2pingProbe } from "../../../../src/agent/checks/h2ping.ts";
import { httpProbe } from "../../../../src/agent/checks/http.ts";
import { tcpProbe } from "../../../../src/agent/checks/tcp.ts";
import { decodeCheckDefinition } from "../../../../src/model/definition.ts";
import { NodeHttpProber, type ProbeCredentials } from "../../../../src/platform/http-prober.ts";
import { NodeHttp2Prober } from "../../../../src/platform/http2-prober.ts";
import { NodeSocketProber } from "../../../../src/platform/socket-prober.ts";

const read = (name: string) => Bun.file(new URL(`../../../fixtures/tls/${name}`, import.meta.url)).text();
// Made by openssl for the tests alone: its own authority, for the name checks.test.
const [cert, key] = await Promise.all([read("cert.pem"), read("key.pem")]);
const never = new AbortController().signal;
const web = Bun.serve({ port: 0, hostname: "127.0.0.1", tls: { cert, key }, fetch: () => new Response("ok") });
const h2 = http2.createSecureServer({ cert, key });
await new Promise<void>((resolve) => h2.listen(0, "127.0.0.1", resolve));
const h2Port = (h2.address() as AddressInfo).port;
afterAll(async () => {
  h2.close();
  await web.stop(true);
});

const trusting = (): ProbeCredentials => ({ ca: cert });
const http = (json: Record<string, unknown>, credentials?: () => ProbeCredentials) => {
  const definition = decodeCheckDefinition({ HTTP: `https://127.0.0.1:${web.port}/`, Timeout: "2s", ...json });
  return httpProbe(definition, 4096, new NodeHttpProber(credentials))(never);
};

test("tls: a certificate that nobody vouches for is critical, unless the check doesn't care", async () => {
  expect(await http({})).toEqual({
    status: "critical",
    output: `Get "https://127.0.0.1:${web.port}/": x509: certificate signed by unknown authority`,
  });
  expect((await http({ TLSSkipVerify: true })).status).toBe("passing");
});

test("tls: with the agent's authority the name must fit, and the check may say which one", async () => {
  expect((await http({}, trusting)).output).toEndWith("x509: certificate is not valid for the requested name");
  expect((await http({ TLSServerName: "checks.test" }, trusting)).status).toBe("passing");
});

test("tls: TCP and HTTP/2 checks shake hands by the same rules", async () => {
  const tcp = (json: Record<string, unknown>) => {
    const definition = decodeCheckDefinition({ TCP: `127.0.0.1:${web.port}`, TCPUseTLS: true, Timeout: "2s", ...json });
    return tcpProbe(definition, new NodeSocketProber(trusting))(never);
  };
  expect((await tcp({})).output).toBe("x509: certificate is not valid for the requested name");
  expect((await tcp({ TLSServerName: "checks.test" })).status).toBe("passing");
  const ping = (json: Record<string, unknown>) => {
    const definition = decodeCheckDefinition({ H2PING: `127.0.0.1:${h2Port}`, ...json });
    return h2pingProbe(definition, async () => new NodeHttp2Prober())(never);
  };
  expect((await ping({})).output).toBe("HTTP2 ping failed: x509: certificate signed by unknown authority");
  expect((await ping({ TLSSkipVerify: true })).status).toBe("passing");
});
