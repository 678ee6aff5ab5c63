import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

let dir: string;
let server: Bun.Server<undefined>;
let requests: { url: string; headers: Headers }[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  requests = [];
  const fetch = (request: Request) => {
    // A request can't be read any more after its answer.
    requests.push({ url: request.url, headers: new Headers(request.headers) });
    return Response.json(["dc1"]);
  };
  server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
});
afterEach(async () => {
  await server.stop(true);
  rmSync(dir, { recursive: true });
});

const address = () => `127.0.0.1:${server.port}`;
const ask = (flags: readonly string[], env: Record<string, string> = {}) =>
  runInProcess(["catalog", "datacenters", ...flags], { env: { CONSUL_HTTP_ADDR: address(), ...env } });

const UNKNOWN_AUTHORITY = /self signed certificate|x509: certificate signed by unknown authority/;

describe("HTTP client: environment", () => {
  test("a bool that is none is told once and has no effect", async () => {
    const clock = new ManualClock();
    const env = { CONSUL_HTTP_ADDR: address(), CONSUL_HTTP_SSL: "perhaps" };
    const { stdout, stderr } = await runInProcess(["catalog", "datacenters"], { env, clock });
    expect(stdout).toBe("dc1\n");
    expect(stderr).toBe(
      `${new Date(clock.nowMs()).toISOString()} [WARN]  consul-api: could not parse CONSUL_HTTP_SSL: ` +
        'error="strconv.ParseBool: parsing "perhaps": invalid syntax"\n',
    );
  });
});

describe("HTTP client: tokens", () => {
  test("the flag counts before the environment, MUSTER_ before CONSUL_", async () => {
    await ask(["-token=flag"], { MUSTER_HTTP_TOKEN: "muster", CONSUL_HTTP_TOKEN: "consul" });
    await ask([], { MUSTER_HTTP_TOKEN: "muster", CONSUL_HTTP_TOKEN: "consul" });
    await ask([], { CONSUL_HTTP_TOKEN: "consul" });
    await ask([]);
    expect(requests.map((request) => request.headers.get("X-Consul-Token"))).toEqual([
      "flag",
      "muster",
      "consul",
      null,
    ]);
  });

  test("a token file counts before a token, unless it is empty", async () => {
    writeFileSync(join(dir, "full"), "filed\n");
    writeFileSync(join(dir, "empty"), "\n");
    await ask(["-token-file", join(dir, "full"), "-token=flag"]);
    await ask(["-token-file", join(dir, "empty"), "-token=flag"]);
    expect(requests.map((request) => request.headers.get("X-Consul-Token"))).toEqual(["filed", "flag"]);
  });

  test("no error text holds a token or a password", async () => {
    const env = { CONSUL_HTTP_ADDR: "127.0.0.1:1", CONSUL_HTTP_AUTH: "me:s3cret" };
    const { exit, stderr } = await ask(["-token=s3cret"], env);
    expect(exit).toBe(1);
    expect(stderr).toBe(
      'Error listing datacenters: Get "http://127.0.0.1:1/v1/catalog/datacenters": dial tcp 127.0.0.1:1: connect: connection refused\n',
    );
  });
});

describe("HTTP client: connections", () => {
  test("CONSUL_HTTP_AUTH is basic authentication; without a colon the password is empty", async () => {
    await ask([], { CONSUL_HTTP_AUTH: "me:pass:word" });
    await ask([], { MUSTER_HTTP_AUTH: "me" });
    const sent = requests.map((request) => atob(request.headers.get("Authorization")?.replace("Basic ", "") ?? ""));
    expect(sent).toEqual(["me:pass:word", "me:"]);
  });

  test("unix:// talks to a socket", async () => {
    const path = join(dir, "agent.sock");
    const unix = Bun.serve({ unix: path, fetch: () => Response.json(["by-socket"]) });
    try {
      expect((await ask([`-http-addr=unix://${path}`])).stdout).toBe("by-socket\n");
    } finally {
      await unix.stop(true);
    }
  });

  test("-datacenter and -stale go with questions to servers", async () => {
    await runInProcess(["catalog", "services", "-datacenter=dc2", "-stale"], { env: { CONSUL_HTTP_ADDR: address() } });
    expect(requests[0]?.url).toEndWith("/v1/catalog/services?dc=dc2&stale=");
  });

  test("a certificate without its key is refused before anything is asked", async () => {
    const { exit, stderr } = await ask(["-client-cert=x"]);
    expect([exit, stderr]).toEqual([
      1,
      "Error connecting to Consul agent: both client cert and client key must be provided\n",
    ]);
    expect(requests).toEqual([]);
  });

  test("HTTPS checks the agent's certificate against -ca-file", async () => {
    const { cert, key } = await selfSigned();
    writeFileSync(join(dir, "ca.pem"), cert);
    const secure = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: { cert, key },
      fetch: () => Response.json(["by-tls"]),
    });
    try {
      const url = `https://127.0.0.1:${secure.port}`;
      expect((await ask([`-http-addr=${url}`, `-ca-file=${join(dir, "ca.pem")}`])).stdout).toBe("by-tls\n");
      const unknown = await ask([`-http-addr=${url}`]);
      expect([unknown.exit, unknown.stderr]).toEqual([1, expect.stringMatching(UNKNOWN_AUTHORITY)]);
      expect((await ask([`-http-addr=${url}`], { CONSUL_HTTP_SSL_VERIFY: "false" })).stdout).toBe("by-tls\n");
    } finally {
      await secure.stop(true);
    }
  });

  test("an agent that asks for a certificate is told from one that can't be reached", async () => {
    const { cert, key } = await selfSigned();
    writeFileSync(join(dir, "ca.pem"), cert);
    const strict = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true },
      fetch: () => Response.json(["by-tls"]),
    });
    try {
      const { exit, stderr } = await ask([
        `-http-addr=https://127.0.0.1:${strict.port}`,
        `-ca-file=${join(dir, "ca.pem")}`,
      ]);
      expect([exit, stderr]).toEqual([1, expect.stringContaining("the agent may ask for a certificate (-client-cert")]);
    } finally {
      await strict.stop(true);
    }
  });
});

/** A certificate for 127.0.0.1, made by openssl. */
async function selfSigned(): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const subject = ["-subj", "/CN=agent", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert];
  const made = Bun.spawnSync(["openssl", ...words, ...subject]);
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return { cert: await Bun.file(cert).text(), key: await Bun.file(key).text() };
}
