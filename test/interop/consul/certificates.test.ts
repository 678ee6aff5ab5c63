/** Certificates of `tls`: field by field beside those that Consul makes, and in use by agents of Consul that call each other. */
import { afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import { environment, freePorts, runExecutable, until } from "../../support/e2e/agent.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";

const TEST_MS_MAX = 90_000;
const DAY_MS = 24 * 60 * 60 * 1000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "certificates-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const LINES = [
  "tls ca create -name-constraint -additional-name-constraint=example.com",
  "tls cert create -server -node=n1 -additional-dnsname=a.example.com -additional-ipaddress=::1",
  "tls cert create -client",
  "tls cert create -cli",
];
const FILES = ["consul-agent-ca", "dc1-server-consul-0", "dc1-client-consul-0", "dc1-cli-consul-0"];

/** Identifiers of keys: subject's and authority's. */
const KEY_IDS = ["2.5.29.14", "2.5.29.35"];

/** All that a certificate says, but for what is another in each: keys, numbers, times. */
function fieldsOf(dir: string, name: string): unknown {
  const certificate = new X509Certificate(readFileSync(join(dir, `${name}.pem`), "utf8"));
  const days = (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / DAY_MS;
  const isOfKey = new Uint8Array(certificate.publicKey.rawData);
  const subjectId = createHash("sha256").update(isOfKey).digest("hex");
  return {
    days,
    algorithms: [certificate.signatureAlgorithm, certificate.publicKey.algorithm],
    subject: name.endsWith("ca") ? "" : certificate.subject,
    extensions: certificate.extensions.map(({ type, critical, value }) => ({
      type,
      critical,
      value: KEY_IDS.includes(type) ? Buffer.from(value).length : Buffer.from(value).toString("hex"),
    })),
    hasIdOfKey: certificate.extensions.some(({ value }) => Buffer.from(value).toString("hex").endsWith(subjectId)),
    keyHeader: readFileSync(join(dir, `${name}-key.pem`), "utf8").split("\n")[0],
  };
}

describe.skipIf(WHY_NOT !== "")(`certificates and a real Consul ${WHY_NOT}`, () => {
  test("say what Consul's say, but for the name of the authority", async () => {
    const [ours, theirs] = [tempDir(), tempDir()];
    for (const line of LINES) {
      expect((await runExecutable(ours, line.split(" "))).code).toBe(0);
      const { exitCode } = Bun.spawnSync([CONSUL.binary, ...line.split(" ")], { cwd: theirs });
      expect(exitCode).toBe(0);
    }
    for (const name of FILES) expect(fieldsOf(ours, name)).toEqual(fieldsOf(theirs, name));
  });

  test(
    "let a server and a client of Consul call each other, and keep others out",
    async () => {
      const dir = tempDir();
      for (const line of [
        "tls ca create",
        "tls cert create -server",
        "tls cert create -client",
        "tls cert create -cli",
      ])
        expect((await runExecutable(dir, line.split(" "))).code).toBe(0);
      const [serverRpc = 0, serverLan = 0, serverWan = 0, https = 0, clientRpc = 0, clientLan = 0, clientHttp = 0] =
        await freePorts(7);
      start(dir, "server", {
        ...{ server: true, bootstrap: true, node_name: "n1", data_dir: join(dir, "server") },
        ports: { http: -1, https, dns: -1, server: serverRpc, serf_lan: serverLan, serf_wan: serverWan },
      });
      start(dir, "client", {
        ...{ node_name: "n2", data_dir: join(dir, "client"), retry_join: [`127.0.0.1:${serverLan}`] },
        ports: { http: clientHttp, dns: -1, server: clientRpc, serf_lan: clientLan },
      });
      // The client passes it on to the server, over TLS both ways.
      const url = `http://127.0.0.1:${clientHttp}/v1/kv/a`;
      await until(
        async () => (await fetch(url, { method: "PUT", body: "b" }).catch(() => undefined))?.ok === true,
        "a write through the client",
        TEST_MS_MAX / 2,
      );
      const cli = (...flags: string[]) =>
        runExecutable(dir, [
          "kv",
          "get",
          `-http-addr=https://127.0.0.1:${https}`,
          "-ca-file=consul-agent-ca.pem",
          ...flags,
          "a",
        ]);
      const own = ["-client-cert=dc1-cli-consul-0.pem", "-client-key=dc1-cli-consul-0-key.pem"];
      expect(await cli(...own)).toEqual({ code: 0, stdout: "b\n", stderr: "" });
      expect((await cli()).code).toBe(1);
    },
    TEST_MS_MAX,
  );
});

/** Starts a Consul that takes no call without a certificate of the authority in `dir`. */
function start(dir: string, role: "server" | "client", settings: Readonly<Record<string, unknown>>): void {
  const config = {
    ...{
      bind_addr: "127.0.0.1",
      disable_update_check: true,
      retry_interval: "1s",
      performance: { raft_multiplier: 1 },
    },
    ...{ verify_incoming: true, verify_outgoing: true, verify_server_hostname: true },
    ca_file: join(dir, "consul-agent-ca.pem"),
    cert_file: join(dir, `dc1-${role}-consul-0.pem`),
    key_file: join(dir, `dc1-${role}-consul-0-key.pem`),
    ...settings,
  };
  const child = Bun.spawn([CONSUL.binary, "agent", "-hcl", JSON.stringify(config)], {
    env: environment(dir),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  cleanups.push(() => {
    child.kill("SIGKILL");
    return child.exited;
  });
}
